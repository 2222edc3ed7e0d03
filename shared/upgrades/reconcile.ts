// Finds what slipped through: wakes the coordinator of every open campaign and every upgrade that has been in the same
// step for a while. The wake-ups carry the ids of the regular ones, so where nothing was lost the queue drops them.

import type { Bus } from "../platform/bus.ts";
import type { Clock } from "../platform/clock.ts";
import { isOpen, type Campaign } from "./core/campaign.ts";
import { isActive } from "./core/moves.ts";
import { nextLook } from "./core/step.ts";
import type { UpgradePolicy } from "./core/upgrade.ts";
import { CAMPAIGN_QUEUE, lookMessage, tickMessage, UPGRADE_QUEUE } from "./messages.ts";
import type { UpgradeStore } from "./store.ts";

interface ReconcileDeps {
  readonly store: Pick<UpgradeStore, "listCampaigns" | "surveyUpgrades">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly policy: UpgradePolicy;
  readonly tickMs: number;
}

export interface Reconciled {
  readonly campaigns: number;
  readonly upgrades: number;
}

/** An upgrade that moved later than this is left alone: its own wake-up is on the way. */
const QUIET_MS = 60_000;

export async function reconcile(deps: ReconcileDeps): Promise<Reconciled> {
  let campaigns = 0;
  let upgrades = 0;
  for await (const campaign of openCampaigns(deps.store)) {
    campaigns += 1;
    upgrades += await wake(deps, campaign);
  }
  return { campaigns, upgrades };
}

async function wake(deps: ReconcileDeps, campaign: Campaign): Promise<number> {
  const now = deps.clock.now();
  await deps.bus.send(CAMPAIGN_QUEUE, [tickMessage(campaign, now, deps.tickMs)]);
  const { open } = await deps.store.surveyUpgrades(campaign.campaignId);
  const quiet = open.filter(({ upgrade }) => isActive(upgrade.state) && now - upgrade.enteredAt > QUIET_MS);
  if (quiet.length > 0) {
    await deps.bus.send(
      UPGRADE_QUEUE,
      quiet.map(({ upgrade }) => lookMessage(upgrade, nextLook(upgrade, now, 0, deps.policy))),
    );
  }
  return quiet.length;
}

async function* openCampaigns(store: ReconcileDeps["store"]): AsyncGenerator<Campaign> {
  let cursor: string | undefined;
  do {
    const page = await store.listCampaigns(100, cursor);
    yield* page.items.filter(isOpen);
    cursor = page.cursor;
  } while (cursor !== undefined);
}
