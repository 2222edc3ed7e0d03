// Service description, discovery, organisation, user, login token, logoff.
import { z } from "zod";
import type { Reply } from "../http/reply.ts";
import { jsonReply, reply } from "../http/reply.ts";
import { usernames } from "../identity/accounts.ts";
import type { Call } from "./call.ts";
import { answer, link, readBody, wantsJson } from "./call.ts";
import { badRequest } from "./platform-error.ts";
import type { Json } from "./render.ts";

export async function serviceDescription(call: Call): Promise<Reply> {
  return answer(call.exchange, "ServiceDescription", {
    Links: [
      link("organizations", "/Organizations"),
      link("logout", "/Account/Logoff"),
      link("identityServiceInfo", "/Home/IdentityServiceInfo"),
    ],
    Tests: { Links: [] },
    Documentation: { Links: [] },
    Resources: [
      { Name: "FileCabinet", UriPattern: "/DocuWare/Platform/FileCabinets/{id}" },
      { Name: "Document", UriPattern: "/DocuWare/Platform/FileCabinets/{fileCabinetId}/Documents/{id}" },
    ],
    Version: call.organisation.state.version,
  });
}

/** Each organisation has its own address at the identity service: that is how a token belongs to one of them. */
export async function identityServiceInfo(call: Call): Promise<Reply> {
  const url = `${call.context.identityUrl()}/${call.organisation.member.organisationId}`;
  return answer(call.exchange, "IdentityServiceInfo", { IdentityServiceUrl: url, RefreshTokenSupported: true });
}

function organizationBody(call: Call): Json {
  const { member } = call.organisation;
  return {
    Name: member.name,
    Id: call.catalog.organisationNumber,
    Guid: call.catalog.organisationGuid,
    Links: [
      link("self", "/Organization"),
      link("filecabinets", "/FileCabinets"),
      link("users", "/Organization/Users"),
      link("userInfo", "/Organization/UserInfo"),
      link("loginToken", "/Organization/LoginToken"),
    ],
  };
}

export const organizations = async (call: Call): Promise<Reply> =>
  answer(call.exchange, "Organizations", { Organization: [organizationBody(call)] });

export async function organization(call: Call): Promise<Reply> {
  const { member, state } = call.organisation;
  return answer(call.exchange, "Organization", {
    ...organizationBody(call),
    AdditionalInfo: {
      RuntimeVersion: state.version,
      SystemNumber: call.catalog.organisationNumber,
      Administrator: "administrator",
      EMail: member.contact,
      OrganizationType: "Cloud",
      CompanyNames: [member.name],
      AddressLines: [],
    },
  });
}

const userBody = (name: string): Json => ({
  Name: name,
  Id: name,
  EMail: `${name}@example.invalid`,
  Active: true,
  Links: [],
});

export async function userInfo(call: Call): Promise<Reply> {
  const LoginInfo = { BookedLicense: true, ProductType: "PlatformService", PasswordExpireNotification: false };
  return answer(call.exchange, "UserInfo", { User: userBody(call.identity.username), LoginInfo });
}

export const users = async (call: Call): Promise<Reply> =>
  answer(call.exchange, "Users", { User: usernames().map(userBody) });

/** With bearer tokens there is no session to end: clients drop the token, which stays valid until it expires. */
export const logoff = async (): Promise<Reply> => reply(200, undefined, "");

const loginTokenSchema = z.object({
  TargetProducts: z.array(z.string()).optional(),
  Usage: z.enum(["Multi", "Single"]).default("Multi"),
  Lifetime: z.string().default("1.00:00:00"),
});
const MAX_LIFETIME_SECONDS = 28 * 24 * 3600;

export async function loginToken(call: Call): Promise<Reply> {
  const { Usage, Lifetime } = await readBody(call, loginTokenSchema);
  const seconds = timeSpanSeconds(Lifetime);
  if (seconds === undefined || seconds < 1 || seconds > MAX_LIFETIME_SECONDS) {
    throw badRequest('Lifetime must be a time span from one second to 28 days, e.g. "1.00:00:00".');
  }
  const token = await call.context.tokens.issueLogin(call.identity, Usage, seconds);
  return wantsJson(call.exchange) ? jsonReply(200, token) : reply(200, "text/plain; charset=utf-8", token);
}

/** .NET's `[d.]hh:mm:ss`. */
function timeSpanSeconds(text: string): number | undefined {
  const match = /^(?:(\d{1,3})\.)?(\d{1,2}):(\d{2}):(\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
