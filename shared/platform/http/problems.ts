// Errors of the HTTP API: RFC 9457 problem details from one table. A handler returns a problem as a value; what it throws
// becomes a 503 or a bare 500 (to-http-handler.ts).

import { defined } from "../../kernel/defined.ts";

/** One thing that is wrong with a request: where (JSON Pointer below /body, /query, /path or /headers) and what. */
export interface ProblemIssue {
  readonly pointer: string;
  readonly message: string;
}

export interface ProblemExtra {
  readonly errors?: readonly ProblemIssue[];
  /** Milliseconds after which another try makes sense; sent as Retry-After in whole seconds. */
  readonly retryAfterMs?: number;
  /** Of `unauthenticated`: whether a token was sent (WWW-Authenticate then names the error, RFC 6750). */
  readonly hadToken?: boolean;
}

/** A refusal of a request, as a value. Told from answers by its class. */
export class Problem {
  readonly code: string;
  readonly status: ProblemStatus;
  readonly title: string;
  readonly detail: string | undefined;
  readonly extra: ProblemExtra;
  constructor(code: string, { status, title }: ProblemKind, detail: string | undefined, extra: ProblemExtra) {
    this.code = code;
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.extra = extra;
  }
}

type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 410 | 412 | 413 | 415 | 428 | 429 | 500 | 503;

export interface ProblemKind {
  readonly status: ProblemStatus;
  readonly title: string;
}

/**
 * What makes problems of these codes: `detail` says what exactly is wrong and what to do; it must hold no secret. A
 * capability declares its own (problems.ts).
 */
export function problemsOf<const K extends Readonly<Record<string, ProblemKind>>>(kinds: K) {
  const make = (code: keyof K & string, detail?: string, extra: ProblemExtra = {}): Problem =>
    new Problem(code, kinds[code] ?? NO_KIND, detail, extra);
  return Object.assign(make, {
    codes: Object.keys(kinds).filter((code): code is keyof K & string => Object.hasOwn(kinds, code)),
  });
}

const NO_KIND: ProblemKind = { status: 500, title: "Internal error" };

/** Those that every endpoint may answer. */
export const problem = problemsOf({
  validationFailed: { status: 400, title: "The request is not valid" },
  unauthenticated: { status: 401, title: "A valid access token is needed" },
  roleMissing: { status: 403, title: "The caller lacks the app role" },
  wrongState: { status: 409, title: "Not possible in the present state" },
  idempotencyKeyReused: { status: 409, title: "The Idempotency-Key was used for another request" },
  preconditionFailed: { status: 412, title: "Changed since it was read" },
  bodyTooLarge: { status: 413, title: "The request body is too large" },
  unsupportedMediaType: { status: 415, title: "The request body has another media type" },
  preconditionRequired: { status: 428, title: "If-Match is required" },
  tooManyRequests: { status: 429, title: "Too many requests" },
  internalError: { status: 500, title: "Internal error" },
  clockOff: { status: 503, title: "The clock of this instance is wrong" },
  unavailable: { status: 503, title: "Temporarily unavailable" },
});

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly errors?: readonly ProblemIssue[];
  readonly traceId: string;
}

/** The body of the answer (application/problem+json). */
export function problemDocument({ code, status, title, detail, extra }: Problem, traceId: string): ProblemDocument {
  return {
    type: `urn:docuware-operations:problem:${code}`,
    status,
    title,
    code,
    ...defined({ detail, errors: extra.errors }),
    traceId,
  };
}
