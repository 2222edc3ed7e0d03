// Service description, discovery, logoff.
import type { Reply } from "../http/reply.ts";
import { reply } from "../http/reply.ts";
import type { Call } from "./call.ts";
import { answer, link } from "./call.ts";

export async function serviceDescription(call: Call): Promise<Reply> {
  return answer(call.exchange, {
    Links: [link("logout", "/Account/Logoff"), link("identityServiceInfo", "/Home/IdentityServiceInfo")],
    Version: call.organisation.state.version,
  });
}

/** Each organisation has its own address at the identity service: that is how a token belongs to one of them. */
export async function identityServiceInfo(call: Call): Promise<Reply> {
  const url = `${call.context.identityUrl()}/${call.organisation.member.organisationId}`;
  return answer(call.exchange, { IdentityServiceUrl: url, RefreshTokenSupported: false });
}

/** With bearer tokens there is no session to end: clients drop the token, which stays valid until it expires. */
export const logoff = async (): Promise<Reply> => reply(200, undefined, "");
