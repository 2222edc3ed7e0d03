// The retry rule of every call to Table storage, in place of the SDK's: bounded in number and time, and never repeating
// a write that may have been carried out, because its repetition would look like a lost race.
import { setTimeout as delay } from "node:timers/promises";
import type { TableClient } from "@azure/data-tables";

type Policy = Parameters<TableClient["pipeline"]["addPolicy"]>[0];

const MAX_ATTEMPTS = 4;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2000;
/** The service did nothing: every request may be repeated. */
const REFUSED_STATUS = new Set([429, 503]);
/** The service may have acted: only reads may be repeated. */
const UNCLEAR_STATUS = new Set([408, 500, 502, 504]);
/** The request never left this machine. */
const NOT_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);
const BROKEN_CONNECTION = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "REQUEST_SEND_ERROR", "PARSE_ERROR"]);

/**
 * Up to 4 attempts with 100, 200, 400 ms in between (half of it random), or as long as Retry-After says. A wait above
 * 2 s is left to the caller: the refusal itself is passed on.
 */
export const retryPolicy: Policy = {
  name: "boundedRetry",
  async sendRequest(request, next) {
    const isRead = request.method === "GET" || request.method === "HEAD";
    for (let attempt = 1; ; attempt += 1) {
      const backOffMs = FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      let waitMs = backOffMs;
      try {
        const response = await next(request);
        const isWorthIt = REFUSED_STATUS.has(response.status) || (isRead && UNCLEAR_STATUS.has(response.status));
        waitMs = Math.max(backOffMs, retryAfterMs(response.headers.get("retry-after")) ?? 0);
        if (!isWorthIt || attempt === MAX_ATTEMPTS || waitMs > MAX_DELAY_MS) return response;
      } catch (error) {
        const code = errorCode(error);
        const isWorthIt = NOT_SENT.has(code) || (isRead && BROKEN_CONNECTION.has(code));
        if (!isWorthIt || attempt === MAX_ATTEMPTS) throw error;
      }
      await delay(
        waitMs,
        undefined,
        request.abortSignal === undefined ? {} : { signal: signalOf(request.abortSignal) },
      );
    }
  },
};

/** The SDK's signal type is a subset of AbortSignal; all calls of this app pass a real one. */
function signalOf(signal: object): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  throw new TypeError("A request to Table storage carries a foreign abort signal.");
}

function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** Milliseconds of a Retry-After header in seconds; undefined when it is absent or a date (Azure sends seconds). */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,6}$/.test(header)) return undefined;
  return Number(header) * 1000;
}
