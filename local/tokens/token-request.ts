// The rules of the token endpoint (RFC 6749, sections 4.4 and 5.2) as a pure function.
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

/** Decides a client_credentials request from its form, which names client and secret. */
export function decideGrant(form: URLSearchParams): Result<Grant, OAuthError> {
  const grantType = form.get("grant_type");
  if (grantType === null) return refusal("invalid_request", "The parameter grant_type is missing.");
  if (grantType !== "client_credentials") {
    return refusal("unsupported_grant_type", "Only the grant client_credentials is offered.");
  }
  const client = authenticateClient(form);
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
): Result<{ readonly clientId: string; readonly roles: readonly string[] }, OAuthError> {
  const clientId = form.get("client_id") ?? "";
  const roles = LOCAL_CLIENTS.get(clientId);
  if (roles === undefined || !isSame(form.get("client_secret") ?? "", LOCAL_CLIENT_SECRET)) {
    return refusal(
      "invalid_client",
      `Unknown client or wrong secret. Clients: ${[...LOCAL_CLIENTS.keys()].join(", ")}.`,
    );
  }
  return ok({ clientId, roles });
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
