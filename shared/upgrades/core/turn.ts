// When the turn of an organisation in a hotfix will come. A hotfix has no dates; what its customers are told follows from
// the order in which they are taken, how many at once, and how long upgrades took so far. Pure.

import type { Campaign } from "./campaign.ts";
import type { Pace } from "./pace.ts";
import type { Upgrade } from "./upgrade.ts";

/** Instants, milliseconds since the epoch. */
export interface Turn {
  /** It does not begin earlier. */
  readonly from: number;
  readonly expected: number;
  /** By then it is probably online again. */
  readonly until: number;
}

type Order = Pick<Campaign, "rings" | "tallies" | "maxInFlight" | "failureBudget" | "stampFailureBudget">;

/** `begin`: when the campaign begins. */
export function turnOf(
  order: Order,
  pace: Pace,
  { ring, turn = 0 }: Pick<Upgrade, "ring" | "turn">,
  begin: number,
): Turn {
  let [from, expected] = [begin, begin];
  for (const one of order.rings) {
    const { size, atOnce } = sizeOf(order, one);
    const waves = one.ring === ring ? Math.floor(turn / atOnce) : Math.ceil(size / atOnce);
    from += waves * pace.fastestMs;
    expected += waves * pace.averageMs;
    if (one.ring === ring) break;
    from += size === 0 ? 0 : one.soakMs;
    expected += size === 0 ? 0 : one.soakMs;
  }
  // Many upgrades in a row last their average, give or take a tenth; the last one may take long, and fail at its end.
  const until = expected + Math.ceil((expected - begin) / 10) + pace.upgradeMs + pace.rollBackMs;
  return { from, expected, until };
}

/** How many of a ring are upgraded at once: as many as admission lets in while none fails (admission.ts). */
function sizeOf(order: Order, { ring, failureBudget }: Order["rings"][number]) {
  const tallies = order.tallies.filter((tally) => tally.ring === ring);
  const size = tallies.flatMap(({ counts }) => Object.values(counts)).reduce((sum, count) => sum + count, 0);
  const stamps = new Set(tallies.map(({ stamp }) => stamp)).size;
  const room = Math.min(order.maxInFlight, order.failureBudget, failureBudget, order.stampFailureBudget * stamps);
  return { size, atOnce: Math.max(1, room) };
}
