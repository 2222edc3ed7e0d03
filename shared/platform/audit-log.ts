// Port of the audit log: an entry is appended before an act (its intent) and after it (its outcome), never changed.
// shared/audit/ implements it on Tables. `audited` is the only way to act under it.
//
//   A1  No intent, no act.
//   A2  An act that began has an intent; when the process dies in it, the intent stays without an outcome.

import { defined } from "../kernel/defined.ts";
import type { Actor } from "../kernel/actor.ts";
import { TransientFailure } from "../kernel/failures.ts";
import type { PlatformLog } from "./signals.ts";

/** What somebody is about to do. What is written of it is bounded and freed of secrets by the log itself. */
export interface AuditedAct {
  readonly actor: Actor;
  /** E.g. `pause-campaign`; of an HTTP call the endpoint's name. */
  readonly action: string;
  /** What it is done to, e.g. `{ campaignId: "c-1" }`. */
  readonly target: Readonly<Record<string, string>>;
  /** With which parameters: values of JSON. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Finds the call in the logs. */
  readonly traceId: string;
}

export interface Intent {
  readonly entryId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** `refused`: nothing was done. `failed`: whether something was done is not known. */
export interface AuditOutcome {
  readonly kind: "succeeded" | "refused" | "failed";
  /** Why not: the code of a problem, or the name of an error. */
  readonly code?: string;
  /** Of an HTTP call: what was answered. */
  readonly status?: number;
}

/** All throw TransientFailure or PermanentFailure when the entry could not be written. */
export interface AuditLog {
  intend(act: AuditedAct): Promise<Intent>;
  conclude(intent: Intent, outcome: AuditOutcome): Promise<void>;
  /** Somebody was not allowed to act: intent and outcome in one. */
  refuse(act: AuditedAct, outcome: AuditOutcome & { readonly kind: "refused" }): Promise<void>;
}

export interface AuditDeps {
  readonly audit: AuditLog;
  readonly log: PlatformLog;
}

/** How an act's end reads as an outcome. Without `ofResult` every result is a success. */
export interface Outcomes<T> {
  readonly ofResult?: (result: T) => AuditOutcome;
  readonly ofError?: (error: unknown) => AuditOutcome;
}

/**
 * Acts between intent and outcome. Throws TransientFailure, without having acted, when the intent cannot be written;
 * else what `work` gives or throws. An outcome that cannot be written is logged as `audit.outcomeLost`: the act has
 * happened, so its answer stands, and the entry shows that its outcome is unknown.
 */
export async function audited<T>(
  deps: AuditDeps,
  act: AuditedAct,
  work: () => Promise<T>,
  { ofResult, ofError = failedBy }: Outcomes<T> = {},
): Promise<T> {
  const intent = await intentOf(deps, act);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await conclude(deps, act, intent, ofError(error));
    throw error;
  }
  await conclude(deps, act, intent, ofResult?.(result) ?? { kind: "succeeded" });
  return result;
}

async function intentOf({ audit, log }: AuditDeps, act: AuditedAct): Promise<Intent> {
  try {
    return await audit.intend(act);
  } catch (cause) {
    log.event("audit.intentLost", { action: act.action, traceId: act.traceId, error: cause });
    const wait = cause instanceof TransientFailure ? cause.retryAfterMs : undefined;
    throw new TransientFailure("The audit log cannot be written now, so nothing was done.", {
      cause,
      ...defined({ retryAfterMs: wait }),
    });
  }
}

async function conclude({ audit, log }: AuditDeps, act: AuditedAct, intent: Intent, outcome: AuditOutcome) {
  try {
    await audit.conclude(intent, outcome);
  } catch (error) {
    const fields = { entryId: intent.entryId, action: act.action, traceId: act.traceId, outcome, error };
    log.event("audit.outcomeLost", fields);
  }
}

/** Names, not messages: a message may hold more than the log should. */
const failedBy = (error: unknown): AuditOutcome => ({
  kind: "failed",
  code: error instanceof Error ? error.name : "unknown",
});
