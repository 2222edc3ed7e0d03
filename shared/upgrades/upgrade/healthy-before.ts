// Pre-flight check of an organisation's health: only one whose latest functional check passed is taken offline. A check that is
// missing or too old is asked for, and one that failed a second time ends the wait. Asking again costs nothing: a minute
// has one check.

import type { UpgradeDeps } from "../deps.ts";
import { MINUTE_MS } from "../../kernel/time/durations.ts";
import type { Check } from "../../checks/check.ts";
import { wellnessOf, type CheckResult } from "../core/health.ts";
import { healthUnknown, raiseOrLog } from "./incidents-of.ts";
import type { PreflightCheck } from "./preflight.ts";

export interface HealthyBeforeDeps extends Pick<UpgradeDeps, "clock" | "log" | "raiseIncident"> {
  /** Newest first. */
  readonly latestChecks: (organisationId: string, limit: number) => Promise<readonly Check[]>;
  /** Has the organisation checked; asked twice for a slot it is checked once. */
  readonly requestCheck: (organisationId: string, slot: number) => Promise<unknown>;
  /** How old a passed check may be, in milliseconds. */
  readonly checkMaxAgeMs: number;
}

/** Some of them may not have run. */
const LATEST = 5;
/** A check takes some seconds, and a minute at most. */
const LOOK_AGAIN_MS = 5000;
const SLOT_MS = MINUTE_MS;
/** Then checks do not work, and somebody must know what the campaign waits for. */
const TOLD_AFTER_MS = 15 * MINUTE_MS;
const MOST_REMEMBERED = 10_000;

export function healthyBefore(deps: HealthyBeforeDeps): PreflightCheck {
  /** Since when this process waits for a check. Another one begins anew, which only tells it later. */
  const waiting = new Map<string, number>();
  return async (upgrade) => {
    const { campaignId, organisationId } = upgrade;
    const now = deps.clock.now();
    const key = `${campaignId}:${organisationId}`;
    const checks = await deps.latestChecks(organisationId, LATEST);
    const wellness = wellnessOf(checks.map(resultOf), now, deps.checkMaxAgeMs);
    if (wellness.kind !== "unknown") waiting.delete(key);
    if (wellness.kind === "well") return { kind: "go" };
    if (wellness.kind === "ill") return { kind: "skip", reason: wellness.reason, cause: "ill" };
    await deps.requestCheck(organisationId, Math.floor(now / SLOT_MS) * SLOT_MS);
    const since = waiting.get(key) ?? now;
    if (waiting.size < MOST_REMEMBERED) waiting.set(key, since);
    if (now - since > TOLD_AFTER_MS) await raiseOrLog(deps, healthUnknown(upgrade, since));
    return { kind: "wait", until: now + LOOK_AGAIN_MS, isChecking: true };
  };
}

function resultOf({ at, outcome, result }: Check): CheckResult {
  const message = result?.steps.find(({ name }) => name === result.failedStep)?.failure?.message;
  const failure = result?.failedStep === undefined ? undefined : `${result.failedStep}: ${message ?? "failed"}`;
  return { at, outcome, failure };
}
