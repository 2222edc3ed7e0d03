// Old checks are forgotten: they help support for some weeks. What must be provable for longer is in the audit log.

import { DAY_MS } from "../kernel/time/durations.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { CheckStore } from "./store.ts";

/** Three months: a customer who reports that something got worse can be answered. */
export const KEPT_FOR_MS = 92 * DAY_MS;
/** Transactions per call; what is left waits for the next one. */
const MOST = 50;

export interface ForgetDeps {
  readonly checks: Pick<CheckStore, "removeBefore">;
  readonly clock: Clock;
}

/** The number of checks removed. Throws TransientFailure of the storage; the next call goes on. */
export async function forgetChecks({ checks, clock }: ForgetDeps, organisationId: string): Promise<number> {
  let forgotten = 0;
  for (let round = 0; round < MOST; round++) {
    const removed = await checks.removeBefore(organisationId, clock.now() - KEPT_FOR_MS);
    forgotten += removed;
    if (removed === 0) break;
  }
  return forgotten;
}
