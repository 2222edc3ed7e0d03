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
    default:
      throw oauthRefusal("unsupported_grant_type", "Known here: password, client_credentials.");
  }
}

const withOrganisation = (request: GrantRequest, account: Account): Identity => ({
  ...account,
  organisationId: request.organisationId,
});

function passwordUser(request: GrantRequest): Account {
  if (request.form.get("client_id") !== PLATFORM_CLIENT) {
    throw oauthRefusal("invalid_client", `client_id must be ${PLATFORM_CLIENT}.`);
  }
  const account = userByPassword(request.form.get("username") ?? "", request.form.get("password") ?? "");
  if (account === undefined) throw oauthRefusal("invalid_grant", "invalid_username_or_password");
  return account;
}

function clientUser(request: GrantRequest): Account {
  const account = userByClient(request.form.get("client_id") ?? "", request.form.get("client_secret") ?? "");
  if (account === undefined) throw oauthRefusal("invalid_client", "The client id or its secret is wrong.");
  return account;
}

async function issue(
  { form, issuer }: GrantRequest,
  tokens: Tokens,
  identity: Identity,
  scopes: readonly string[],
): Promise<object> {
  if (!scopes.includes(SCOPE)) throw oauthRefusal("invalid_scope", `scope must contain ${SCOPE}.`);
  return {
    access_token: await tokens.issueAccess(identity, issuer, form.get("client_id") ?? ""),
    expires_in: ACCESS_TOKEN_SECONDS,
    token_type: "Bearer",
    scope: scopes.join(" "),
  };
}
