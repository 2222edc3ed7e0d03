// The rules of the token endpoint (RFC 6749, sections 2.3.1, 4.4 and 5.2) as a pure function. Swagger UI sends a Basic header.
import { createHash, timingSafeEqual } from "node:crypto";
import { err, ok, type Result } from "../../shared/kernel/result.ts";
import { LOCAL_CLIENTS, LOCAL_CLIENT_SECRET } from "./clients.ts";

export const AUDIENCE = "api://docuware-operations";
const STANDARD_LIFETIME_SECONDS = 3600;
const MAX_LIFETIME_SECONDS = 86_400;

export interface Grant {
  readonly clientId: string;
  readonly roles: readonly string[];
  /** Negative for a token that has already expired (a testing aid). */
  readonly lifetimeSeconds: number;
}

export interface OAuthError {
  readonly status: 400 | 401;
  readonly error: "invalid_request" | "invalid_client" | "invalid_scope" | "unsupported_grant_type";
  readonly description: string;
}

const refusal = (error: OAuthError["error"], description: string) =>
  err<OAuthError>({ status: error === "invalid_client" ? 401 : 400, error, description });

/** Decides a client_credentials request from its form and its Authorization header. */
export function decideGrant(form: URLSearchParams, authorization: string | undefined): Result<Grant, OAuthError> {
  for (const name of new Set(form.keys())) {
    if (form.getAll(name).length > 1) return refusal("invalid_request", `The parameter ${name} is given twice.`);
  }
  const grantType = form.get("grant_type");
  if (grantType === null) return refusal("invalid_request", "The parameter grant_type is missing.");
  if (grantType !== "client_credentials") {
    return refusal("unsupported_grant_type", "Only the grant client_credentials is offered.");
  }
  const client = authenticateClient(form, authorization);
  if (!client.ok) return client;
  const scope = form.get("scope");
  if (scope !== null && scope !== `${AUDIENCE}/.default`) {
    return refusal("invalid_scope", `The scope must be ${AUDIENCE}/.default.`);
  }
  const lifetime = form.get("lifetime") ?? String(STANDARD_LIFETIME_SECONDS);
  if (!/^-?\d{1,5}$/u.test(lifetime) || Math.abs(Number(lifetime)) > MAX_LIFETIME_SECONDS) {
    return refusal("invalid_request", `lifetime must be whole seconds from -86400 to ${MAX_LIFETIME_SECONDS}.`);
  }
  return ok({ ...client.value, lifetimeSeconds: Number(lifetime) });
}

function authenticateClient(
  form: URLSearchParams,
  authorization: string | undefined,
): Result<{ readonly clientId: string; readonly roles: readonly string[] }, OAuthError> {
  const given = authorization === undefined ? undefined : basicCredentials(authorization);
  if (authorization !== undefined && given === undefined) {
    return refusal("invalid_client", "The Authorization header is not a valid Basic header.");
  }
  if (given !== undefined && form.has("client_secret")) {
    return refusal("invalid_request", "The client authenticates twice: by header and by form.");
  }
  const clientId = given?.id ?? form.get("client_id");
  const secret = given?.secret ?? form.get("client_secret");
  if (clientId === null || secret === null) {
    return refusal("invalid_client", "client_id and client_secret are needed, in the form or as a Basic header.");
  }
  const roles = LOCAL_CLIENTS.get(clientId);
  if (roles === undefined || !isSame(secret, LOCAL_CLIENT_SECRET)) {
    return refusal(
      "invalid_client",
      `Unknown client or wrong secret. Clients: ${[...LOCAL_CLIENTS.keys()].join(", ")}.`,
    );
  }
  return ok({ clientId, roles });
}

/** Both parts are form-encoded inside the header (RFC 6749, 2.3.1). */
function basicCredentials(header: string): { readonly id: string; readonly secret: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/iu.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const [id, secret, ...rest] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  if (id === undefined || secret === undefined || rest.length > 0) return undefined;
  const decode = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));
  try {
    return { id: decode(id), secret: decode(secret) };
  } catch {
    return undefined;
  }
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
