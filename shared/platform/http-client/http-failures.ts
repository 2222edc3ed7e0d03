// What an HTTP answer that is not wanted means to the caller. Messages name method, host and path, never a query, a
// header or a body: those can carry secrets and customers' data.

import { PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { foreignText } from "../../kernel/foreign-text.ts";

/** Answered 408, 425, 429 or 5xx (but 501 and 505): the same request may succeed later. */
export class HttpTrouble extends TransientFailure {
  readonly status: number;
  constructor(message: string, status: number, retryAfterMs: number | undefined) {
    super(message, retryAfterMs === undefined ? {} : { retryAfterMs });
    this.status = status;
  }
}

/** Answered with another status: the request itself is refused. `code` is the other side's own name of the reason. */
export class HttpRefusal extends PermanentFailure {
  readonly status: number;
  readonly code: string | undefined;
  constructor(message: string, status: number, code?: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Longest retry-after that is believed, and the current time to read an HTTP date against. Milliseconds. */
  readonly maxRetryAfterMs: number;
  readonly now: number;
}

interface Reason {
  readonly detail?: string | undefined;
  readonly code?: string | undefined;
  /** What was sent and may come back in the detail: it is hidden. */
  readonly secrets?: readonly string[];
}

const NEVER_BETTER = new Set([501, 505]);
const MAX_DETAIL = 200;

/**
 * The failure for an answer. `request` names the request (see `describeRequest`); `detail` is the other side's own
 * sentence, of which one short line without secrets is kept.
 */
export function failureOf(request: string, answer: Answer, reason: Reason = {}): HttpTrouble | HttpRefusal {
  const { status } = answer;
  const said = [reason.code, reason.detail].filter((part) => part !== undefined && part !== "").join(": ");
  const detail = foreignText(said, MAX_DETAIL, reason.secrets);
  const message = `${request} was answered ${status}${detail === "" ? "." : `: ${detail}`}`;
  if (status >= 300 && status < 400) {
    return new HttpRefusal(`${message} Redirects are not followed: check the configured address.`, status, reason.code);
  }
  const transient = status === 408 || status === 425 || status === 429 || (status >= 500 && !NEVER_BETTER.has(status));
  if (!transient) return new HttpRefusal(message, status, reason.code);
  return new HttpTrouble(message, status, retryAfterMsOf(answer));
}

/** `GET https://host/path`, without the query. */
export function describeRequest(method: string, url: URL): string {
  return `${method} ${url.origin}${url.pathname}`;
}

/**
 * Milliseconds from `retry-after-ms` (Azure) or `Retry-After` (seconds or HTTP date, RFC 9110), between 0 and the
 * maximum; undefined when neither is there or readable.
 */
export function retryAfterMsOf(answer: Omit<Answer, "status">): number | undefined {
  const ms = milliseconds(answer.headers, answer.now);
  return ms === undefined ? undefined : Math.min(Math.max(ms, 0), answer.maxRetryAfterMs);
}

function milliseconds(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const exact = headers["retry-after-ms"]?.trim();
  if (exact !== undefined && /^\d{1,12}(\.\d+)?$/.test(exact)) return Math.ceil(Number(exact));
  const text = headers["retry-after"]?.trim();
  if (text === undefined) return undefined;
  // Negative values are seen from DocuWare (its .NET sample maps them to 0).
  if (/^-?\d{1,10}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : date - now;
}
