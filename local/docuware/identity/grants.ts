// The grants of DocuWare's token endpoint that a cloud organisation offers to API clients.
import { HttpRefusal } from "../../support/http-server.ts";
import type { Account } from "./accounts.ts";
import { PLATFORM_CLIENT, userByClient, userByPassword } from "./accounts.ts";
import type { Identity, Tokens } from "./tokens.ts";
import { ACCESS_TOKEN_SECONDS, SCOPE } from "./tokens.ts";

/** Answered with 400 and the OAuth error object. */
export const oauthRefusal = (error: string, description: string): HttpRefusal =>
  new HttpRefusal(400, description, error);

export interface GrantRequest {
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
  readonly organisationId: string;
  readonly issuer: string;
}

/** The token response; throws HttpRefusal. */
export async function grant(request: GrantRequest, tokens: Tokens): Promise<object> {
  const scopes = (request.form.get("scope") ?? SCOPE).split(" ").filter((scope) => scope !== "");
  const type = request.form.get("grant_type");
  switch (type) {
    case "password":
      return issue(request, tokens, withOrganisation(request, passwordUser(request)), scopes);
    case "client_credentials":
      return issue(request, tokens, withOrganisation(request, clientUser(request)), scopes);
    case "dwtoken":
      return issue(request, tokens, await loginTokenUser(request, tokens), scopes);
    case "refresh_token":
      return refresh(request, tokens);
    default:
      throw oauthRefusal("unsupported_grant_type", "Known here: password, client_credentials, dwtoken, refresh_token.");
  }
}

const withOrganisation = (request: GrantRequest, account: Account): Identity => ({
  ...account,
  organisationId: request.organisationId,
});

function requirePlatformClient(request: GrantRequest): void {
  const clientId = request.form.get("client_id");
  if (clientId !== PLATFORM_CLIENT) throw oauthRefusal("invalid_client", `client_id must be ${PLATFORM_CLIENT}.`);
}

function passwordUser(request: GrantRequest): Account {
  requirePlatformClient(request);
  const account = userByPassword(request.form.get("username") ?? "", request.form.get("password") ?? "");
  if (account === undefined) throw oauthRefusal("invalid_grant", "invalid_username_or_password");
  return account;
}

function clientUser(request: GrantRequest): Account {
  const { id, secret } = clientCredentials(request);
  const account = userByClient(id, secret);
  if (account === undefined) throw oauthRefusal("invalid_client", "The client id or its secret is wrong.");
  return account;
}

async function loginTokenUser(request: GrantRequest, tokens: Tokens): Promise<Identity> {
  requirePlatformClient(request);
  const identity = await tokens.redeemLogin(request.form.get("token") ?? "", request.organisationId);
  if (identity === undefined) throw oauthRefusal("invalid_grant", "The login token is not valid or was used up.");
  return identity;
}

/** RFC 6749 2.3.1: HTTP Basic with form-encoded parts, or both in the body. */
function clientCredentials(request: GrantRequest): { id: string; secret: string } {
  const basic = /^Basic (.+)$/i.exec(request.authorization ?? "")?.[1];
  if (basic === undefined) {
    return { id: request.form.get("client_id") ?? "", secret: request.form.get("client_secret") ?? "" };
  }
  const [id = "", ...rest] = Buffer.from(basic, "base64").toString().split(":");
  return { id: formDecode(id), secret: formDecode(rest.join(":")) };
}

const formDecode = (text: string): string => new URLSearchParams(`v=${text}`).get("v") ?? "";

const clientIdOf = (request: GrantRequest): string => request.form.get("client_id") ?? clientCredentials(request).id;

async function issue(
  request: GrantRequest,
  tokens: Tokens,
  identity: Identity,
  scopes: readonly string[],
): Promise<object> {
  if (!scopes.includes(SCOPE)) throw oauthRefusal("invalid_scope", `scope must contain ${SCOPE}.`);
  const isPerson = request.form.get("grant_type") !== "client_credentials";
  const refreshToken =
    isPerson && scopes.includes("offline_access") ? { refresh_token: tokens.issueRefresh(identity) } : {};
  return { ...(await accessToken(request, tokens, identity)), scope: scopes.join(" "), ...refreshToken };
}

async function refresh(request: GrantRequest, tokens: Tokens): Promise<object> {
  const rotated = tokens.rotateRefresh(request.form.get("refresh_token") ?? "", request.organisationId);
  if (rotated === undefined) throw oauthRefusal("invalid_grant", "The refresh token is not valid any more.");
  const scope = `${SCOPE} offline_access`;
  return { ...(await accessToken(request, tokens, rotated.identity)), scope, refresh_token: rotated.next };
}

const accessToken = async (request: GrantRequest, tokens: Tokens, identity: Identity): Promise<object> => ({
  access_token: await tokens.issueAccess(identity, request.issuer, clientIdOf(request)),
  expires_in: ACCESS_TOKEN_SECONDS,
  token_type: "Bearer",
});
