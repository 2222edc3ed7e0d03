// How many mails the service takes per minute and per hour, as a sliding window over what it accepted.

export interface Quota {
  readonly perMinute: number;
  readonly perHour: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/**
 * Milliseconds to wait until one more mail fits, 0 when it fits now. `accepted` holds the times at which mails were
 * accepted, ascending.
 */
export function waitForQuota(accepted: readonly number[], quota: Quota, now: number): number {
  return Math.max(waitFor(accepted, quota.perMinute, MINUTE_MS, now), waitFor(accepted, quota.perHour, HOUR_MS, now));
}

function waitFor(accepted: readonly number[], limit: number, windowMs: number, now: number): number {
  // The mail that must leave the window before another fits.
  const blocking = accepted[accepted.length - limit];
  return blocking === undefined ? 0 : Math.max(0, blocking + windowMs - now);
}
