// DocuWare's throttling (KBA-36385): 60 logons and 60 cabinet lists per minute and organisation; a call over the limit
// is not processed and is answered with 429 only after ten seconds.
const LIMIT = 60;
const WINDOW_MS = 60_000;

export class Throttle {
  /** Times of the calls within the last minute, oldest first, by organisation. */
  readonly #calls = new Map<string, number[]>();

  /** Counts a call. Undefined: it may go on; otherwise the milliseconds until the next call can. */
  take(organisationId: string, now: number): number | undefined {
    const calls = this.#calls.get(organisationId) ?? [];
    this.#calls.set(organisationId, calls);
    while (calls[0] !== undefined && calls[0] <= now - WINDOW_MS) calls.shift();
    if (calls.length >= LIMIT) return (calls[0] ?? now) + WINDOW_MS - now;
    calls.push(now);
    return undefined;
  }
}
