// The local token issuer: an OpenID provider that issues app tokens in the shape of Entra ID v2 (client_credentials).
import { defined } from "../../shared/kernel/defined.ts";
import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { SignJWT } from "jose";
import { HttpRefusal, listen, readBody, sendJson } from "../support/http-server.ts";
import { loadSigningKey, type SigningKey } from "./signing-key.ts";
import { AUDIENCE, decideGrant, type Grant } from "./token-request.ts";

/** The tenant every local token names. */
const LOCAL_TENANT_ID = "00000000-0000-4000-8000-00000000d0c0";
const MAX_FORM_BYTES = 16_384;

export interface TokenIssuerOptions {
  /** 0 picks a free port. */
  readonly port: number;
  readonly host?: string;
  /** Where the signing key is kept; without it a new one is made at each start. */
  readonly dataDir?: string;
  /** Milliseconds since the Unix epoch; the wall clock when left out. */
  readonly now?: () => number;
}

export interface TokenIssuer {
  /** The `iss` of its tokens, e.g. `http://127.0.0.1:7083`. */
  readonly issuer: string;
  readonly url: string;
  stop(): Promise<void>;
}

/** @throws ClearError when the port is in use or the kept key is unusable. */
export async function startTokenIssuer(options: TokenIssuerOptions): Promise<TokenIssuer> {
  const key = await loadSigningKey(options.dataDir);
  const now = options.now ?? Date.now;
  const server = await listen({
    part: "tokens",
    port: options.port,
    ...defined({ host: options.host }),
    handle: (request, response) => route(request, response, { key, now, issuer: server.url }),
    refuse: (response, status, message) => sendError(response, status, "invalid_request", message),
  });
  return { issuer: server.url, url: server.url, stop: () => server.stop() };
}

interface Issuing {
  readonly key: SigningKey;
  readonly now: () => number;
  readonly issuer: string;
}

async function route(request: IncomingMessage, response: ServerResponse, issuing: Issuing): Promise<void> {
  const path = (request.url ?? "/").split("?")[0];
  const expected = path === "/token" ? "POST" : "GET";
  if (path !== "/token" && path !== "/jwks" && path !== "/.well-known/openid-configuration") {
    return sendError(response, 404, "not_found", "Try /.well-known/openid-configuration, /jwks or POST /token.");
  }
  if (request.method !== expected) {
    response.setHeader("Allow", expected);
    return sendError(response, 405, "invalid_request", `${path} takes ${expected}.`);
  }
  if (path === "/token") return token(request, response, issuing);
  if (path === "/jwks") return sendJson(response, 200, { keys: [issuing.key.publicJwk] });
  return sendJson(response, 200, discovery(issuing.issuer));
}

const discovery = (issuer: string) => ({
  issuer,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  grant_types_supported: ["client_credentials"],
  response_types_supported: ["token"],
  subject_types_supported: ["pairwise"],
  scopes_supported: [`${AUDIENCE}/.default`],
  id_token_signing_alg_values_supported: ["RS256"],
  token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
});

async function token(request: IncomingMessage, response: ServerResponse, issuing: Issuing): Promise<void> {
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    throw new HttpRefusal(400, "The body must be application/x-www-form-urlencoded.");
  }
  const form = new URLSearchParams((await readBody(request, MAX_FORM_BYTES)).toString("utf8"));
  const grant = decideGrant(form, request.headers.authorization);
  if (!grant.ok) {
    if (grant.error.status === 401) response.setHeader("WWW-Authenticate", 'Basic realm="tokens"');
    return sendError(response, grant.error.status, grant.error.error, grant.error.description);
  }
  sendJson(response, 200, {
    token_type: "Bearer",
    expires_in: Math.max(0, grant.value.lifetimeSeconds),
    access_token: await sign(grant.value, issuing),
  });
}

function sign(grant: Grant, { key, now, issuer }: Issuing): Promise<string> {
  const issuedAt = Math.floor(now() / 1000);
  const expires = issuedAt + grant.lifetimeSeconds;
  // An expired token was valid once: it began an hour before its end.
  const begins = grant.lifetimeSeconds > 0 ? issuedAt : expires - 3600;
  const oid = objectId(grant.clientId);
  return new SignJWT({
    azp: grant.clientId,
    azpacr: "1",
    idtyp: "app",
    oid,
    roles: [...grant.roles],
    tid: LOCAL_TENANT_ID,
    uti: randomUUID(),
    ver: "2.0",
  })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: key.kid })
    .setIssuer(issuer)
    .setAudience(AUDIENCE)
    .setSubject(oid)
    .setIssuedAt(begins)
    .setNotBefore(begins)
    .setExpirationTime(expires)
    .sign(key.privateKey);
}

/** A service principal's object id: the same for a client at every start. */
function objectId(clientId: string): string {
  const hex = createHash("sha256").update(clientId).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function sendError(response: ServerResponse, status: number, error: string, description: string): void {
  sendJson(response, status, { error, error_description: description });
}
