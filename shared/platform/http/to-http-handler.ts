// From an endpoint to a handler of the Functions host: authenticate, authorise, read, validate, call, answer. It never
// throws: what goes wrong becomes a problem, and nothing of an unknown error leaves the process but its trace id.
import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import { TransientFailure } from "../../kernel/failures.ts";
import type { Result } from "../../kernel/result.ts";
import { InvalidCursor } from "../cursor.ts";
import type { Log } from "../log.ts";
import { ANONYMOUS, type Caller, type Endpoint, invalid, type RawAnswer, type RequestHeaders } from "./endpoint.ts";
import { Problem, problem, problemDocument } from "./problems.ts";
import { readJson } from "./read-json.ts";

/** Why a token was not accepted; shown to the caller, so it tells nothing about the token's content. */
export interface TokenRefusal {
  readonly reason: string;
  /** Whether there was a token at all (RFC 6750: no error code otherwise). */
  readonly hadToken: boolean;
}

export interface HandlerDeps {
  /** Throws TransientFailure when the token cannot be checked now. */
  readonly authenticate: (authorization: string | null) => Promise<Result<Caller, TokenRefusal>>;
  readonly log: Log;
}

const SECURITY_HEADERS = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } as const;
const DEFAULT_RETRY_AFTER_MS = 5000;
const MAX_IF_MATCH = 500;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

/** For `app.http(endpoint.name, httpOptions(endpoint, deps))`. Function keys are not used (authLevel anonymous). */
export function httpOptions(endpoint: Endpoint, deps: HandlerDeps) {
  const { method, route } = endpoint;
  const handler = toHttpHandler(endpoint, deps);
  return { methods: [method], route, authLevel: "anonymous" as const, handler };
}

export function toHttpHandler(endpoint: Endpoint, deps: HandlerDeps): HttpHandler {
  return async (request, context) => {
    const traceId = traceIdOf(context);
    try {
      const answer = await answerTo(endpoint, deps, request);
      return answer instanceof Problem ? problemResponse(answer, traceId) : response(answer);
    } catch (error) {
      const answer = problemOf(error);
      const fields = { function: endpoint.name, traceId, error };
      if (answer.status >= 500) {
        if (error instanceof TransientFailure) deps.log.warn("http.unavailable", fields);
        else deps.log.error("http.failed", fields);
      }
      return problemResponse(answer, traceId);
    }
  };
}

async function answerTo(endpoint: Endpoint, deps: HandlerDeps, request: HttpRequest): Promise<RawAnswer | Problem> {
  const caller = await callerOf(endpoint, deps, request);
  if (caller instanceof Problem) return caller;
  const headers = requestHeaders(request);
  if (headers instanceof Problem) return headers;
  const body = endpoint.body === undefined ? undefined : await readJson(request, endpoint.maxBodyBytes);
  if (body instanceof Problem) return body;
  const { params } = request;
  return endpoint.invoke({ params, query: Object.fromEntries(request.query), body, caller, headers });
}

async function callerOf(endpoint: Endpoint, deps: HandlerDeps, request: HttpRequest): Promise<Caller | Problem> {
  const { role } = endpoint;
  if (role === "public") return ANONYMOUS;
  const authenticated = await deps.authenticate(request.headers.get("authorization"));
  if (!authenticated.ok) {
    return problem("unauthenticated", authenticated.error.reason, { hadToken: authenticated.error.hadToken });
  }
  if (authenticated.value.roles.includes(role)) return authenticated.value;
  return problem("roleMissing", `This call needs the app role ${role}.`);
}

function requestHeaders(request: HttpRequest): RequestHeaders | Problem {
  const ifMatch = request.headers.get("if-match");
  const idempotencyKey = request.headers.get("idempotency-key");
  const issues = [];
  if (ifMatch !== null && ifMatch.length > MAX_IF_MATCH) {
    issues.push({ pointer: "/headers/If-Match", message: "must be one ETag as a GET answered it, or *" });
  }
  if (idempotencyKey !== null && !IDEMPOTENCY_KEY.test(idempotencyKey)) {
    issues.push({ pointer: "/headers/Idempotency-Key", message: "must be 1 to 200 visible ASCII characters" });
  }
  if (issues.length > 0) return invalid(issues);
  return { ...(ifMatch !== null && { ifMatch }), ...(idempotencyKey !== null && { idempotencyKey }) };
}

function problemOf(error: unknown): Problem {
  if (error instanceof InvalidCursor) return invalid([{ pointer: "/query/cursor", message: error.message }]);
  if (error instanceof TransientFailure) {
    return problem("unavailable", undefined, { retryAfterMs: error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS });
  }
  return problem("internalError");
}

function response({ status, headers = {}, body }: RawAnswer): HttpResponseInit {
  const sent = {
    ...SECURITY_HEADERS,
    ...(headers.etag !== undefined && { ETag: headers.etag }),
    ...(headers.location !== undefined && { Location: headers.location }),
    ...(headers.retryAfterSeconds !== undefined && { "Retry-After": String(headers.retryAfterSeconds) }),
  };
  if (body === undefined) return { status, headers: sent };
  return {
    status,
    headers: { ...sent, "Content-Type": "application/json; charset=utf-8" },
    body: JSON.stringify(body),
  };
}

function problemResponse(refusal: Problem, traceId: string): HttpResponseInit {
  const { retryAfterMs, hadToken } = refusal.extra;
  return {
    status: refusal.status,
    headers: {
      ...SECURITY_HEADERS,
      "Content-Type": "application/problem+json; charset=utf-8",
      ...(retryAfterMs !== undefined && { "Retry-After": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
      ...(refusal.code === "unauthenticated" && {
        "WWW-Authenticate": hadToken === true ? 'Bearer error="invalid_token"' : "Bearer",
      }),
      ...(refusal.code === "roleMissing" && { "WWW-Authenticate": 'Bearer error="insufficient_scope"' }),
    },
    body: JSON.stringify(problemDocument(refusal, traceId)),
  };
}

/** The trace id of W3C trace context when telemetry is on, else the invocation's id, which the host logs. */
function traceIdOf(context: InvocationContext): string {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(context.traceContext?.traceParent ?? "")?.[1] ?? context.invocationId;
}
