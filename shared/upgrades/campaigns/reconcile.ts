// Finds what slipped through: wakes the coordinator of every open campaign and every upgrade that has been in the same
// step for a while, and pages when an organisation is offline for longer than was promised. The wake-ups carry the ids of
// the regular ones, so where nothing was lost the queue drops them.

import type { UpgradeDeps } from "../deps.ts";
import { MINUTE_MS } from "../../kernel/time/durations.ts";
import { describeFailure, TransientFailure } from "../../kernel/failures.ts";
import type { NewIncident } from "../../incidents/core/incident.ts";
import { isOpen, LONGEST_SLEEP_MS, type Campaign } from "../core/campaign.ts";
import { isActive } from "../core/moves.ts";
import { nextPoll } from "../core/step.ts";
import { pageFrom, type Upgrade } from "../core/upgrade.ts";
import { needsHuman, overdue, raiseOrLog, stuck } from "../upgrade/incidents-of.ts";
import { sentence } from "../upgrade/phrases.ts";
import { pollMessage, tickMessage } from "../messages.ts";
import type { UpgradeStore } from "../store/store.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../resources.ts";

interface ReconcileDeps extends Pick<UpgradeDeps, "bus" | "clock" | "log" | "policy" | "tickMs" | "raiseIncident"> {
  readonly store: Pick<UpgradeDeps["store"], "listCampaigns" | "activeUpgrades">;
}

export interface Reconciled {
  readonly campaigns: number;
  readonly upgrades: number;
  /** Organisations that support was told of: offline for longer than was promised, past a deadline, or in need of a human. */
  readonly overdue: number;
}

/** An upgrade that moved later than this is left alone: its own wake-up is on the way. */
const QUIET_MS = MINUTE_MS;

/** Later than this after its deadline it is not on its way any more: a step is polled for the last time at its deadline. */
const STUCK_AFTER_MS = MINUTE_MS;

/** Throws the first failure, but only when every campaign has had its turn. */
export async function reconcile(deps: ReconcileDeps): Promise<Reconciled> {
  const found = { campaigns: 0, upgrades: 0, overdue: 0 };
  const failures: unknown[] = [];
  for await (const campaign of openCampaigns(deps.store)) {
    if (isAsleep(campaign, deps.clock.now(), deps.tickMs)) continue;
    found.campaigns += 1;
    try {
      const here = await wake(deps, campaign);
      found.upgrades += here.upgrades;
      found.overdue += here.overdue;
    } catch (error) {
      failures.push(error);
      // Nobody else would notice: the timer only runs again.
      if (!(error instanceof TransientFailure)) await raiseOrLog(deps, notWoken(campaign, error));
    }
  }
  if (failures.length > 0) throw failures[0];
  return found;
}

/**
 * It has nothing under way, and knows when it will have something to do; its wake-up may be late by a minute. A promise
 * beyond the longest sleep was made by a wrong clock.
 */
const isAsleep = ({ sleepsUntil }: Campaign, now: number, tickMs: number): boolean =>
  sleepsUntil !== undefined &&
  now < sleepsUntil + QUIET_MS &&
  sleepsUntil <= now + Math.max(LONGEST_SLEEP_MS, tickMs) + QUIET_MS;

async function wake(deps: ReconcileDeps, campaign: Campaign): Promise<Omit<Reconciled, "campaigns">> {
  const now = deps.clock.now();
  const upgrades = (await deps.store.activeUpgrades(campaign.campaignId)).map(({ upgrade }) => upgrade);
  // First: a queue that cannot be reached must not keep anybody from being told.
  const troubles = upgrades.flatMap((upgrade) => troublesOf(upgrade, now));
  for (const trouble of troubles) await raiseOrLog(deps, trouble);
  await deps.bus.send(CAMPAIGN_QUEUE, [tickMessage(campaign, now + deps.tickMs, deps.tickMs)]);
  // One that was entered in the future is quiet too: a clock was wrong, and its wake-ups may lie as far ahead.
  const quiet = upgrades.filter(({ state, enteredAt }) => isActive(state) && Math.abs(now - enteredAt) > QUIET_MS);
  if (quiet.length > 0) {
    await deps.bus.send(
      UPGRADE_QUEUE,
      quiet.map((upgrade) => pollMessage(upgrade, nextPoll(upgrade, now, 0, deps.policy))),
    );
  }
  return { upgrades: quiet.length, overdue: troubles.length };
}

function troublesOf(upgrade: Upgrade, now: number): readonly NewIncident[] {
  const { state, deadline, sequence, enteredAt, failure = "unknown" } = upgrade;
  // The coordinator tells it, unless it cannot.
  if (state === "needsHuman") return now - enteredAt > QUIET_MS ? [needsHuman(upgrade, sequence, failure)] : [];
  if (!isActive(state)) return [];
  return [
    ...(deadline !== undefined && now > deadline + STUCK_AFTER_MS
      ? [stuck(upgrade, "It was woken every minute, and did not move.")]
      : []),
    ...(now > pageFrom(upgrade) ? [overdue(upgrade, pageFrom(upgrade))] : []),
  ];
}

const notWoken = ({ campaignId, version }: Campaign, failure: unknown): NewIncident => ({
  incidentId: `reconcile:${campaignId}`,
  severity: 0,
  kind: "campaignNotWatched",
  title: `Nobody looks after the upgrades of campaign ${campaignId}`,
  detail:
    `The watch over its upgrades fails: ${sentence(describeFailure(failure))} Organisations of it may be offline, and nobody would ` +
    "notice when they stay so. Look at them by " +
    `GET {base}/campaigns/${campaignId}/organisations, and mend the cause.`,
  subject: { campaignId, version },
});

export async function* openCampaigns(store: Pick<UpgradeStore, "listCampaigns">): AsyncGenerator<Campaign> {
  let cursor: string | undefined;
  do {
    const page = await store.listCampaigns(100, cursor);
    for (const { campaign } of page.items) if (isOpen(campaign)) yield campaign;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
