// How far a campaign is: counts per ring, what is under way, and when it will probably have ended.

import type { UpgradeDeps } from "../deps.ts";
import type { Campaign } from "../core/campaign.ts";
import { durationsOf, type Samples } from "../core/estimates.ts";
import { estimateEnd, type Eta } from "../core/eta.ts";
import { openIn, placeOf, sum, type Counts, type Tally } from "../core/tally.ts";
import type { Upgrade } from "../core/upgrade.ts";

export interface ProgressDeps extends Pick<UpgradeDeps, "store" | "clock" | "need"> {
  readonly samples: () => Promise<Samples>;
}

export interface Progress {
  readonly counts: Counts;
  readonly rings: readonly { readonly ring: string; readonly counts: Counts }[];
  /** Under way or in need of a human. */
  readonly active: readonly Upgrade[];
  /** Absent when everything has ended, and for campaigns that do not run (yet). */
  readonly eta?: Eta | undefined;
}

export async function campaignProgress(deps: ProgressDeps, campaign: Campaign): Promise<Progress> {
  const listed = (await deps.store.activeUpgrades(campaign.campaignId)).map(({ upgrade }) => upgrade);
  const tallies = upToDate(campaign.tallies, listed);
  return {
    counts: sum(tallies),
    rings: campaign.rings.map(({ ring }) => ({ ring, counts: sum(tallies.filter((tally) => tally.ring === ring)) })),
    active: listed.filter((upgrade) => ["underWay", "needsHuman"].includes(placeOf(upgrade))),
    eta: await etaOf(deps, campaign, listed),
  };
}

/**
 * The tallies lag behind by what the coordinator has not settled yet. Whoever is listed is counted as what it is, so the
 * listed ones are taken out of the tallies (as under way or in need of a human) and put back as they are now.
 */
function upToDate(tallies: readonly Tally[], listed: readonly Upgrade[]): readonly Tally[] {
  return tallies.map((tally) => {
    const here = listed.filter(({ ring, stamp }) => ring === tally.ring && stamp === tally.stamp);
    const counts: Record<keyof Counts, number> = { ...tally.counts, underWay: 0, needsHuman: 0 };
    for (const upgrade of here) counts[placeOf(upgrade)] += 1;
    return { ...tally, counts };
  });
}

async function etaOf(deps: ProgressDeps, campaign: Campaign, listed: readonly Upgrade[]): Promise<Eta | undefined> {
  const isGoing = ["approved", "announcing", "running", "paused"].includes(campaign.state);
  if (!isGoing || openIn(sum(campaign.tallies)) === 0) return undefined;
  const [samples, need] = await Promise.all([deps.samples(), deps.need()]);
  const waiting: { readonly notBefore: number; readonly windowEnd?: number }[] = [];
  for (const { ring } of campaign.rings) {
    for await (const { start } of deps.store.allWaitingIn(campaign.campaignId, ring))
      waiting.push({ notBefore: start });
  }
  return estimateEnd({
    now: deps.clock.now(),
    maxInFlight: campaign.maxInFlight,
    running: listed.flatMap((upgrade) =>
      placeOf(upgrade) === "underWay" ? [{ startedAt: upgrade.offlineFrom ?? upgrade.enteredAt }] : [],
    ),
    waiting: waiting.toSorted((a, b) => a.notBefore - b.notBefore),
    durationsMs: [...durationsOf(samples.upgradeMs), ...durationsOf(samples.rollBackMs)],
    standardMs: need.upgradeMs,
    seed: 1,
  });
}
