// The coordinator: admits as many upgrades as there is room for, closes the campaign when all have ended, and wakes
// itself again. Several may run at once: admission is one transaction with the campaign's row, so only one of them wins.

import { PermanentFailure } from "../kernel/failures.ts";
import type { Bus } from "../platform/bus.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { decideAdmission } from "./core/admission.ts";
import { closeCampaign, isOpen, pauseForFailures } from "./core/campaign.ts";
import { decide, type UpgradeEvent } from "./core/decide.ts";
import type { UpgradePolicy } from "./core/upgrade.ts";
import { beginMessage, CAMPAIGN_QUEUE, tickMessage, UPGRADE_QUEUE } from "./messages.ts";
import {
  CHANGES_PER_TRANSACTION,
  changeBy,
  type Change,
  type StoredCampaign,
  type StoredUpgrade,
  type UpgradeStore,
} from "./store.ts";

export interface CoordinatorDeps {
  readonly store: Pick<UpgradeStore, "readCampaign" | "replaceCampaign" | "surveyUpgrades" | "saveWithCampaign">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly policy: UpgradePolicy;
  readonly tickMs: number;
}

export type CampaignAdvanced =
  /** Nothing left to coordinate. */
  | { readonly kind: "closed" }
  /** Waits for an operator. */
  | { readonly kind: "paused" }
  | { readonly kind: "ticking"; readonly admitted: number; readonly skipped: number };

const BY = "worker:campaign-ticks";

/**
 * Throws PermanentFailure for an unknown campaign, TransientFailure when storage or queue cannot be reached.
 * `redelivered`: an earlier run may have died between admitting and waking, so wake those again.
 */
export async function advanceCampaign(
  deps: CoordinatorDeps,
  campaignId: string,
  redelivered: boolean,
): Promise<CampaignAdvanced> {
  const campaign = await deps.store.readCampaign(campaignId);
  if (campaign === undefined) throw new PermanentFailure(`There is no campaign ${campaignId}.`);
  if (!isOpen(campaign.campaign)) return { kind: "closed" };
  const survey = await deps.store.surveyUpgrades(campaignId);
  const admission = decideAdmission(campaign.campaign, survey, CHANGES_PER_TRANSACTION);
  if (admission.allEnded && (await close(deps, campaign))) return { kind: "closed" };
  if (redelivered) await resendWakes(deps, survey.open);
  if (admission.isExhausted && (await pause(deps, campaign))) return { kind: "paused" };
  const admitted = await change(deps, campaign, admission.admit, { kind: "admitted" });
  const skipped = await change(deps, campaign, admission.skip, {
    kind: "skipRequested",
    reason: "the campaign was aborted",
  });
  if (admitted.length > 0) await deps.bus.send(UPGRADE_QUEUE, admitted.map(beginMessage));
  // A pause ends by somebody's resume, which sends the tick.
  if (campaign.campaign.state === "paused") return { kind: "paused" };
  await deps.bus.send(CAMPAIGN_QUEUE, [tickMessage(campaign.campaign, deps.clock.now(), deps.tickMs)]);
  return { kind: "ticking", admitted: admitted.length, skipped: skipped.length };
}

/** False when somebody else has changed the campaign: the next tick looks again. */
async function pause(deps: CoordinatorDeps, { campaign, etag }: StoredCampaign): Promise<boolean> {
  const paused = pauseForFailures(campaign);
  const written = await deps.store.replaceCampaign(paused, etag);
  if (written.kind === "conflict") return false;
  deps.log.error("campaign.budgetExhausted", { campaignId: campaign.campaignId, reason: paused.pausedBecause });
  return true;
}

async function close(deps: CoordinatorDeps, { campaign, etag }: StoredCampaign): Promise<boolean> {
  const closed = closeCampaign(campaign, deps.clock.now());
  if (closed === undefined) return false;
  const written = await deps.store.replaceCampaign(closed, etag);
  if (written.kind === "conflict") return false;
  deps.log.info("campaign.closed", { campaignId: campaign.campaignId, state: closed.state });
  return true;
}

/** Dropped by the queue where the first one did arrive; what slips through even so, the reconciler finds. */
async function resendWakes(deps: CoordinatorDeps, rows: readonly StoredUpgrade[]): Promise<void> {
  const admitted = rows.filter(({ upgrade }) => upgrade.state === "goingOffline");
  if (admitted.length > 0) await deps.bus.send(UPGRADE_QUEUE, admitted.map(beginMessage));
}

/** The rows as written, or none when another coordinator, or the organisation's own worker, was faster. */
async function change(
  deps: CoordinatorDeps,
  campaign: StoredCampaign,
  rows: readonly StoredUpgrade[],
  event: UpgradeEvent,
): Promise<readonly StoredUpgrade[]> {
  if (rows.length === 0) return [];
  const changes = rows.map((stored): Change => {
    const decision = decide(stored.upgrade, event, { now: deps.clock.now(), by: BY, policy: deps.policy });
    if (!decision.ok) throw new PermanentFailure(`The coordinator chose an upgrade that is ${decision.error.state}.`);
    return changeBy(stored, decision.value);
  });
  const done = await deps.store.saveWithCampaign(campaign, changes);
  if (done.kind === "conflict") return [];
  deps.log.info("campaign.changed", {
    campaignId: campaign.campaign.campaignId,
    event: event.kind,
    upgrades: changes.length,
  });
  return changes.map(({ next }, position) => ({ upgrade: next, etag: done.etags[position] ?? "" }));
}
