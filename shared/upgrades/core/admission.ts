// Who may start now: pure. The coordinator writes the outcome in one transaction with the campaign's row, whose tallies
// it decided on; so of two coordinators that decided on the same picture only one wins. Only the coordinator raises
// `underWay` (here) or lowers it (tallying the outbox), so between reading and writing nothing can rise. Hence:
//   AD1 never more than `maxInFlight` under way at once;
//   AD2 never more than the failure budget failed or under way: of the campaign, of a ring, of a stamp in the campaign.

import type { Campaign } from "./campaign.ts";
import { failedIn, sum, type Counts, type Tally } from "./tally.ts";

interface Where {
  readonly ring: string;
  readonly stamp: string;
}

/** Room for further upgrades. Each `take` that answers true uses up one place. */
export interface Room {
  take(of: Where): boolean;
  /** Whether `take` would answer true. */
  has(of: Where): boolean;
  /** No place is left for anybody. */
  isFull(): boolean;
}

export function roomIn(campaign: Campaign): Room {
  const total = sum(campaign.tallies);
  // Organisations that need a human are offline: they take a place until somebody has brought them back.
  let places = Math.min(
    campaign.maxInFlight - total.underWay - total.needsHuman,
    campaign.failureBudget - failedIn(total) - total.underWay,
  );
  const rings = new Map(
    campaign.rings.map(({ ring, failureBudget }) => [ring, failureBudget - spent(campaign, { ring })]),
  );
  const stamps = new Map<string, number>();
  const stampRoom = (stamp: string): number =>
    stamps.get(stamp) ?? campaign.stampFailureBudget - spent(campaign, { stamp });
  const has = ({ ring, stamp }: Where): boolean => {
    const ringRoom = rings.get(ring) ?? 0;
    return !(places <= 0 || ringRoom <= 0 || stampRoom(stamp) <= 0);
  };
  return {
    isFull: () => places <= 0,
    has,
    take({ ring, stamp }) {
      const ringRoom = rings.get(ring) ?? 0;
      if (!has({ ring, stamp })) return false;
      places -= 1;
      rings.set(ring, ringRoom - 1);
      stamps.set(stamp, stampRoom(stamp) - 1);
      return true;
    },
  };
}

function spent({ tallies }: Campaign, of: Partial<Where>): number {
  const counts = sum(tallies.filter((tally) => isOf(tally, of)));
  return failedIn(counts) + counts.underWay;
}

const isOf = (tally: Tally, { ring, stamp }: Partial<Where>): boolean =>
  (ring === undefined || tally.ring === ring) && (stamp === undefined || tally.stamp === stamp);

/** Which failure budget is used up while upgrades wait for it: somebody must look before any further one starts. */
export function exhaustedBudget(campaign: Campaign): string | undefined {
  const isUsedUp = (counts: Counts, budget: number): boolean =>
    failedIn(counts) >= budget && counts.waiting + counts.postponed > 0;
  const { tallies } = campaign;
  if (isUsedUp(sum(tallies), campaign.failureBudget))
    return `the failure budget of ${campaign.failureBudget} is used up`;
  for (const { ring, failureBudget } of campaign.rings) {
    if (isUsedUp(sum(tallies.filter((tally) => tally.ring === ring)), failureBudget))
      return `the failure budget of ${failureBudget} of ring ${ring} is used up`;
  }
  for (const [stamp, members] of Map.groupBy(tallies, (tally) => tally.stamp)) {
    if (isUsedUp(sum(members), campaign.stampFailureBudget))
      return `the failure budget of ${campaign.stampFailureBudget} of stamp ${stamp} is used up`;
  }
  return undefined;
}
