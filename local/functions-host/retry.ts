// Retry policies of a function: how often and after which wait, as measured on the real host. Pure but for `random`.
import type { RetryOptions } from "./rpc.ts";

const DAY_MS = 86_400_000;

export interface RetryPolicy {
  /** Further tries after the first; -1 for ever. */
  readonly maxRetryCount: number;
  /** Milliseconds to wait before retry `count` (from 1). `random` is in [0, 1). */
  delayMs(count: number, random: number): number;
}

/** The policy a function registered, or undefined. @throws Error (shown as the function's error) when it is not usable. */
export function retryPolicy(options: RetryOptions | undefined): RetryPolicy | undefined {
  if (options === undefined) return undefined;
  const maxRetryCount = options.maxRetryCount;
  if (maxRetryCount === undefined || !Number.isInteger(maxRetryCount) || maxRetryCount < -1) {
    throw new Error(`The retry policy's maxRetryCount must be a whole number of at least -1.`);
  }
  const interval = (name: "delayInterval" | "minimumInterval" | "maximumInterval"): number => {
    const seconds = options[name]?.seconds;
    if (seconds === undefined) throw new Error(`The retry policy ${options.retryStrategy} needs ${name}.`);
    return Math.min(seconds * 1000, DAY_MS);
  };
  if (options.retryStrategy === "fixedDelay") {
    const delay = interval("delayInterval");
    return { maxRetryCount, delayMs: () => delay };
  }
  if (options.retryStrategy === "exponentialBackoff") {
    const min = interval("minimumInterval");
    const max = interval("maximumInterval");
    return { maxRetryCount, delayMs: (count, random) => exponentialDelay(count, random, min, max) };
  }
  throw new Error(`The retry strategy "${options.retryStrategy ?? ""}" is not known (fixedDelay, exponentialBackoff).`);
}

/** First the minimum, then the minimum plus 0.8 to 1.2 times a doubling step, never above the maximum. */
function exponentialDelay(count: number, random: number, min: number, max: number): number {
  if (count <= 1) return Math.min(min, max);
  const step = (0.8 + 0.4 * random) * 2 ** Math.min(count - 2, 40) * min;
  return Math.min(min + step, max);
}
