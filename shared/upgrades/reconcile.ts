// Finds what slipped through: wakes the coordinator of every open campaign and every upgrade that has been in the same
// step for a while, and pages when an organisation is offline for longer than was promised. The wake-ups carry the ids of
// the regular ones, so where nothing was lost the queue drops them.

import type { NewIncident } from "../incidents/incident.ts";
import type { Bus } from "../platform/bus.ts";
import type { Clock } from "../platform/clock.ts";
import { isOpen, LONGEST_SLEEP_MS, type Campaign } from "./core/campaign.ts";
import { isActive } from "./core/moves.ts";
import { nextLook } from "./core/step.ts";
import type { Upgrade, UpgradePolicy } from "./core/upgrade.ts";
import { CAMPAIGN_QUEUE, lookMessage, tickMessage, UPGRADE_QUEUE } from "./messages.ts";
import type { UpgradeStore } from "./store.ts";

interface ReconcileDeps {
  readonly store: Pick<UpgradeStore, "listCampaigns" | "activeUpgrades">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly policy: UpgradePolicy;
  readonly tickMs: number;
  /** Raising the same incident again changes nothing. */
  readonly raiseIncident: (incident: NewIncident) => Promise<unknown>;
}

export interface Reconciled {
  readonly campaigns: number;
  readonly upgrades: number;
  /** Organisations that are offline for longer than was promised. */
  readonly overdue: number;
}

/** An upgrade that moved later than this is left alone: its own wake-up is on the way. */
const QUIET_MS = 60_000;

export async function reconcile(deps: ReconcileDeps): Promise<Reconciled> {
  const found = { campaigns: 0, upgrades: 0, overdue: 0 };
  for await (const campaign of openCampaigns(deps.store)) {
    if (isAsleep(campaign, deps.clock.now(), deps.tickMs)) continue;
    const here = await wake(deps, campaign);
    found.campaigns += 1;
    found.upgrades += here.upgrades;
    found.overdue += here.overdue;
  }
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
  await deps.bus.send(CAMPAIGN_QUEUE, [tickMessage(campaign, now + deps.tickMs, deps.tickMs)]);
  const upgrades = (await deps.store.activeUpgrades(campaign.campaignId)).map(({ upgrade }) => upgrade);
  const active = upgrades.filter(({ state }) => isActive(state));
  // One that was entered in the future is quiet too: a clock was wrong, and its wake-ups may lie as far ahead.
  const quiet = active.filter(({ enteredAt }) => Math.abs(now - enteredAt) > QUIET_MS);
  if (quiet.length > 0) {
    await deps.bus.send(
      UPGRADE_QUEUE,
      quiet.map((upgrade) => lookMessage(upgrade, nextLook(upgrade, now, 0, deps.policy))),
    );
  }
  const overdue = active.filter(({ backOnlineBy }) => backOnlineBy !== undefined && now > backOnlineBy);
  for (const upgrade of overdue) await deps.raiseIncident(overdueIncident(upgrade));
  return { upgrades: quiet.length, overdue: overdue.length };
}

function overdueIncident({ campaignId, organisationId, targetVersion, backOnlineBy = 0, state }: Upgrade): NewIncident {
  return {
    incidentId: `overdue:${campaignId}:${organisationId}`,
    severity: 0,
    kind: "organisationOfflineTooLong",
    title: `${organisationId} is offline for longer than was promised`,
    detail: `It should have been online again by ${new Date(backOnlineBy).toISOString()}; its upgrade is ${state}.`,
    subject: { campaignId, organisationId, version: targetVersion },
  };
}

export async function* openCampaigns(store: Pick<UpgradeStore, "listCampaigns">): AsyncGenerator<Campaign> {
  let cursor: string | undefined;
  do {
    const page = await store.listCampaigns(100, cursor);
    for (const { campaign } of page.items) if (isOpen(campaign)) yield campaign;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
