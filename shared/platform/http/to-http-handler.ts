// From an endpoint to a handler of the Functions host: authenticate, authorise, read, validate, call under audit, answer.
// It never throws: what goes wrong becomes a problem, and nothing of an unknown error leaves the process but its trace id.

import type { HttpHandler, HttpRequest, InvocationContext } from "@azure/functions";
import { TransientFailure } from "../../kernel/failures.ts";
import type { Result } from "../../kernel/result.ts";
import { ClockOff, describeOffset, type ClockWatch } from "../clock/clock-watch.ts";
import { InvalidCursor } from "../tables/cursor.ts";
import type { PlatformLog } from "../signals.ts";
import type { AuditDeps } from "../audit-log.ts";
import { actAudited, auditRefusal } from "./audit-hook.ts";
import {
  ANONYMOUS,
  type Caller,
  type Endpoint,
  type BodyType,
  invalid,
  type RawAnswer,
  type RequestHeaders,
} from "./endpoint.ts";
import { Problem, problem } from "./problems.ts";
import { problemResponse, response } from "./http-response.ts";
import { parseForeignJson } from "../../kernel/foreign.ts";
import { parseJson } from "../../kernel/json.ts";

/** Why a token was not accepted; shown to the caller, so it tells nothing about the token's content. */
export interface TokenRefusal {
  readonly reason: string;
  /** Whether there was a token at all (RFC 6750: no error code otherwise). */
  readonly hadToken: boolean;
}

export interface HandlerDeps extends AuditDeps {
  /** Throws TransientFailure when the token cannot be checked now. */
  readonly authenticate: (authorization: string | null) => Promise<Result<Caller, TokenRefusal>>;
  readonly log: PlatformLog;
  /** Of this instance: with a wrong clock it changes nothing. */
  readonly clockWatch?: ClockWatch;
}

const DEFAULT_RETRY_AFTER_MS = 5000;
const MAX_IF_MATCH = 500;
const MAX_IF_NONE_MATCH = 2000;
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
      const answer = await answerTo(endpoint, deps, request, traceId);
      return answer instanceof Problem
        ? problemResponse(endpoint, request, answer, traceId)
        : response(endpoint, answer);
    } catch (error) {
      const answer = problemOf(error);
      const fields = { function: endpoint.name, traceId, error };
      if (answer.status >= 500)
        deps.log.event(error instanceof TransientFailure ? "http.unavailable" : "http.failed", fields);
      return problemResponse(endpoint, request, answer, traceId);
    }
  };
}

async function answerTo(
  endpoint: Endpoint,
  deps: HandlerDeps,
  request: HttpRequest,
  traceId: string,
): Promise<RawAnswer | Problem> {
  if (endpoint.method !== "GET") {
    // Unknown while storage is away: then it cannot change anything either.
    const clock = await deps.clockWatch?.check();
    if (clock?.kind === "off") return clockProblem(clock.offsetMs);
  }
  const caller = await callerOf(endpoint, deps, request, traceId);
  if (caller instanceof Problem) return caller;
  const headers = requestHeaders(request);
  if (headers instanceof Problem) return headers;
  const body = endpoint.body === undefined ? undefined : await readBody(request, endpoint);
  if (body instanceof Problem) return body;
  const { params } = request;
  const valid = endpoint.validate({ params, query: Object.fromEntries(request.query), body, caller, headers });
  if (valid instanceof Problem) return valid;
  return actAudited(deps, { endpoint, actor: caller.actor, traceId }, valid, problemOf);
}

async function callerOf(
  endpoint: Endpoint,
  deps: HandlerDeps,
  request: HttpRequest,
  traceId: string,
): Promise<Caller | Problem> {
  const { role } = endpoint;
  if (role === "public") return ANONYMOUS;
  const authenticated = await deps.authenticate(request.headers.get("authorization"));
  if (!authenticated.ok) {
    return problem("unauthenticated", authenticated.error.reason, { hadToken: authenticated.error.hadToken });
  }
  const { actor, roles } = authenticated.value;
  if (roles.includes(role)) return authenticated.value;
  const refusal = problem("roleMissing", `This call needs the app role ${role}.`);
  await auditRefusal(deps, { endpoint, actor, traceId }, request, refusal);
  return refusal;
}

function requestHeaders(request: HttpRequest): RequestHeaders | Problem {
  const ifMatch = request.headers.get("if-match");
  const idempotencyKey = request.headers.get("idempotency-key");
  const ifNoneMatch = request.headers.get("if-none-match");
  const issues = [];
  if (ifMatch !== null && ifMatch.length > MAX_IF_MATCH) {
    issues.push({ pointer: "/headers/If-Match", message: "must be one ETag as a GET answered it, or *" });
  }
  if (idempotencyKey !== null && !IDEMPOTENCY_KEY.test(idempotencyKey)) {
    issues.push({ pointer: "/headers/Idempotency-Key", message: "must be 1 to 200 visible ASCII characters" });
  }
  if (issues.length > 0) return invalid(issues);
  return {
    ...(ifMatch !== null && { ifMatch }),
    // A longer one is some proxy's list: answering in full is always right.
    ...(ifNoneMatch !== null && ifNoneMatch.length <= MAX_IF_NONE_MATCH && { ifNoneMatch }),
    ...(idempotencyKey !== null && { idempotencyKey }),
  };
}

function problemOf(error: unknown): Problem {
  if (error instanceof InvalidCursor) return invalid([{ pointer: "/query/cursor", message: error.message }]);
  if (error instanceof ClockOff) return clockProblem(error.offsetMs);
  if (error instanceof TransientFailure) {
    return problem("unavailable", undefined, { retryAfterMs: error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS });
  }
  return problem("internalError");
}

const clockProblem = (offsetMs: number): Problem =>
  problem(
    "clockOff",
    `It is ${describeOffset(offsetMs)}, so this instance does nothing until it is right. Try again: another instance may answer, or the clock be right again.`,
    { retryAfterMs: DEFAULT_RETRY_AFTER_MS },
  );

/** The trace id of W3C trace context when telemetry is on, else the invocation's id, which the host logs. */
function traceIdOf(context: InvocationContext): string {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(context.traceContext?.traceParent ?? "")?.[1] ?? context.invocationId;
}

/** How a body is written; a form gives an object of texts. */
const TYPES: Readonly<Record<BodyType, RegExp>> = {
  "application/json": /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json\s*(?:;|$)/i,
  "application/x-www-form-urlencoded": /^application\/x-www-form-urlencoded\s*(?:;|$)/i,
};

/** The parsed body, or the problem it has: 415, 413, 400. The host itself refuses bodies above 100 MB. */
export async function readBody(
  request: HttpRequest,
  { bodyType: type, maxBodyBytes: maxBytes, isForeign }: Pick<Endpoint, "bodyType" | "maxBodyBytes" | "isForeign">,
): Promise<unknown> {
  // Another system does not mend its headers either: what it sent is tried.
  if (!isForeign && !TYPES[type].test(request.headers.get("content-type") ?? "")) {
    return problem("unsupportedMediaType", `Send the body with Content-Type: ${type}.`);
  }
  const tooLarge = (): Problem => problem("bodyTooLarge", `The body may have at most ${maxBytes} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return tooLarge();
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > maxBytes) return tooLarge();
  // A form of which nothing was chosen is empty, and what is missing its schema says.
  if (bytes.byteLength === 0 && type === "application/json") {
    return bad("is missing (send Content-Length: chunked bodies are not read)");
  }
  const text = decode(bytes, !isForeign);
  if (text === undefined) return bad("is not in UTF-8");
  if (type !== "application/json") return parseForm(text);
  const value = isForeign ? parseForeignJson(text) : parseJson(text);
  return value === undefined ? bad("is no valid JSON in UTF-8") : value;
}

const bad = (message: string): Problem => invalid([{ pointer: "/body", message }]);

function decode(bytes: ArrayBuffer, fatal: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A field that comes twice is refused: which of the two was meant nobody can say. */
function parseForm(text: string): unknown {
  const fields = [...new URLSearchParams(text)];
  const names = new Set(fields.map(([name]) => name));
  return names.size === fields.length ? Object.fromEntries(fields) : bad("has a field twice");
}
