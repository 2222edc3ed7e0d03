// Errors of the HTTP API: RFC 9457 problem details from one table. A handler returns a problem as a value; what it throws
// becomes a 503 or a bare 500 (to-http-handler.ts).

import { defined } from "../../kernel/defined.ts";

export const PROBLEMS = {
  validationFailed: { status: 400, title: "The request is not valid" },
  unauthenticated: { status: 401, title: "A valid access token is needed" },
  roleMissing: { status: 403, title: "The caller lacks the app role" },
  organisationUnknown: { status: 404, title: "Organisation unknown" },
  campaignUnknown: { status: 404, title: "Campaign unknown" },
  upgradeUnknown: { status: 404, title: "Upgrade unknown" },
  checkUnknown: { status: 404, title: "Check unknown" },
  incidentUnknown: { status: 404, title: "Incident unknown" },
  freezeUnknown: { status: 404, title: "Freeze unknown" },
  tooFewWindows: { status: 409, title: "Too few maintenance windows would be left" },
  wrongState: { status: 409, title: "Not possible in the present state" },
  linkUnknown: { status: 404, title: "The link is not valid" },
  linkExpired: { status: 410, title: "The link has expired" },
  webhookUnknown: { status: 404, title: "Webhook unknown" },
  deliveryUnknown: { status: 404, title: "Delivery unknown" },
  noticeUnknown: { status: 404, title: "Notice unknown" },
  notAnApprover: { status: 403, title: "The caller is no approver" },
  campaignImpossible: { status: 409, title: "The campaign is not possible as asked for" },
  versionQuarantined: { status: 409, title: "The version is quarantined" },
  tooLateToAnnounce: { status: 409, title: "It cannot be announced in time" },
  notOffered: { status: 409, title: "That date is not possible" },
  notInQuarantine: { status: 409, title: "The version is not in quarantine" },
  alreadyApproved: { status: 409, title: "The caller has approved already" },
  organisationInCampaign: { status: 409, title: "The organisation is in a campaign" },
  idempotencyKeyReused: { status: 409, title: "The Idempotency-Key was used for another request" },
  preconditionFailed: { status: 412, title: "Changed since it was read" },
  bodyTooLarge: { status: 413, title: "The request body is too large" },
  unsupportedMediaType: { status: 415, title: "The request body has another media type" },
  preconditionRequired: { status: 428, title: "If-Match is required" },
  tooManyRequests: { status: 429, title: "Too many requests" },
  internalError: { status: 500, title: "Internal error" },
  clockOff: { status: 503, title: "The clock of this instance is wrong" },
  unavailable: { status: 503, title: "Temporarily unavailable" },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

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
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly extra: ProblemExtra;
  constructor(code: ProblemCode, detail: string | undefined, extra: ProblemExtra) {
    this.code = code;
    this.detail = detail;
    this.extra = extra;
  }
  get status(): (typeof PROBLEMS)[ProblemCode]["status"] {
    return PROBLEMS[this.code].status;
  }
}

/** `detail` says what exactly is wrong and what to do; it must hold no secret. */
export const problem = (code: ProblemCode, detail?: string, extra: ProblemExtra = {}): Problem =>
  new Problem(code, detail, extra);

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly errors?: readonly ProblemIssue[];
  readonly traceId: string;
}

/** The body of the answer (application/problem+json). */
export function problemDocument({ code, detail, extra }: Problem, traceId: string): ProblemDocument {
  return {
    type: `urn:docuware-operations:problem:${code}`,
    ...PROBLEMS[code],
    code,
    ...defined({ detail, errors: extra.errors }),
    traceId,
  };
}
