// Access tokens, one per organisation and account, kept until shortly before they expire.

import { MINUTE_MS } from "../../kernel/time/durations.ts";
import type { Clock } from "../../platform/clock/clock.ts";
import type { AccessToken } from "./log-in.ts";
import type { PlatformTarget } from "./target.ts";

export interface TokenCache {
  /** The kept token, or the one that `logIn` gives; calls at the same time share one login, and its failure. */
  get(target: PlatformTarget, logIn: () => Promise<AccessToken>): Promise<AccessToken>;
  /** Drops the token (refused by the service), unless a newer one has taken its place. */
  forget(target: PlatformTarget, token: AccessToken): void;
}

interface Kept {
  readonly token: Promise<AccessToken>;
  /** Undefined while the login is under way. */
  settled: AccessToken | undefined;
}

/** A token is renewed this long before its end, or at half of its life if that is shorter. Milliseconds. */
const MARGIN_MS = 5 * MINUTE_MS;

/** `maxTokens`: beyond it the token that was not used for the longest time is dropped. */
export function createTokenCache(clock: Clock, maxTokens = 5_000): TokenCache {
  const kept = new Map<string, Kept>();

  async function watch(key: string, entry: Kept): Promise<void> {
    try {
      entry.settled = await entry.token;
    } catch {
      // Those who wait for the token get the failure; the next one logs in again.
      if (kept.get(key) === entry) kept.delete(key);
    }
  }

  function start(key: string, logIn: () => Promise<AccessToken>): Promise<AccessToken> {
    const entry: Kept = { token: logIn(), settled: undefined };
    kept.set(key, entry);
    for (const oldest of kept.keys()) {
      if (kept.size <= maxTokens) break;
      kept.delete(oldest);
    }
    void watch(key, entry);
    return entry.token;
  }

  return {
    get: (target, logIn) => {
      const key = keyOf(target);
      const entry = kept.get(key);
      if (entry === undefined || (entry.settled !== undefined && isStale(entry.settled, clock.now()))) {
        return start(key, logIn);
      }
      // Set again to be the youngest: a Map keeps the order of insertion.
      kept.delete(key);
      kept.set(key, entry);
      return entry.token;
    },
    forget: (target, token) => {
      const key = keyOf(target);
      if (kept.get(key)?.settled?.value === token.value) kept.delete(key);
    },
  };
}

function isStale({ issuedAt, expiresAt }: AccessToken, now: number): boolean {
  return now >= expiresAt - Math.min(MARGIN_MS, (expiresAt - issuedAt) / 2);
}

/** The secret is no part of it: a changed secret must not leave two sessions behind. */
function keyOf({ organisationId, platformUrl, credentials }: PlatformTarget): string {
  const account = credentials.kind === "password" ? credentials.username : credentials.clientId;
  return JSON.stringify([organisationId, platformUrl, credentials.kind, account]);
}
