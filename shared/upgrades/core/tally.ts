// How many upgrades of a campaign are where, counted per ring and stamp in the campaign's own row. The coordinator alone
// counts: it adds each admission in the transaction that makes it, and everything else when it settles the outbox. What
// it has not settled yet still counts as under way, so the room it sees is never larger than it is.

import { z } from "zod";
import { isActive } from "./moves.ts";
import type { Upgrade } from "./upgrade.ts";

export const PLACES = [
  /** Waits for its first appointment, or for room. */
  "waiting",
  /** Waits for a later date than the first one: no ring waits for it. */
  "postponed",
  "underWay",
  "needsHuman",
  "succeeded",
  "rolledBack",
  "skipped",
] as const;
export type Place = (typeof PLACES)[number];

const count = z.int().nonnegative();

export const tallySchema = z.object({
  ring: z.string(),
  stamp: z.string(),
  counts: z.object({
    waiting: count,
    postponed: count,
    underWay: count,
    needsHuman: count,
    succeeded: count,
    rolledBack: count,
    skipped: count,
  }),
  /** When the latest upgrade here succeeded or failed; the soak time counts from it. Milliseconds since the epoch. */
  lastEndAt: z.int().nonnegative().optional(),
});
export type Tally = Readonly<z.infer<typeof tallySchema>>;
export type Counts = Tally["counts"];

const NONE: Counts = {
  waiting: 0,
  postponed: 0,
  underWay: 0,
  needsHuman: 0,
  succeeded: 0,
  rolledBack: 0,
  skipped: 0,
};

export function placeOf({ state, appointment }: Pick<Upgrade, "state" | "appointment">): Place {
  if (isActive(state)) return "underWay";
  switch (state) {
    case "scheduled":
      return (appointment?.revision ?? 0) > 0 ? "postponed" : "waiting";
    case "needsHuman":
    case "succeeded":
    case "rolledBack":
    case "skipped":
      return state;
  }
}

const ENDS: ReadonlySet<Place> = new Set(["succeeded", "rolledBack", "needsHuman"]);

type Where = Pick<Upgrade, "ring" | "stamp">;

/** One tally per ring and stamp that has any, all of them waiting. */
export function tallyOf(upgrades: readonly Where[]): readonly Tally[] {
  const groups = Map.groupBy(upgrades, ({ ring, stamp }) => JSON.stringify([ring, stamp]));
  return [...groups.values()].flatMap(([first, ...more]) =>
    first === undefined
      ? []
      : [{ ring: first.ring, stamp: first.stamp, counts: { ...NONE, waiting: more.length + 1 } }],
  );
}

/** One upgrade goes from one place to another. */
export function moved(tallies: readonly Tally[], of: Where, from: Place, to: Place, at: number): readonly Tally[] {
  if (from === to) return tallies;
  return tallies.map((tally) => {
    if (tally.ring !== of.ring || tally.stamp !== of.stamp) return tally;
    const counts = { ...tally.counts, [from]: tally.counts[from] - 1, [to]: tally.counts[to] + 1 };
    return { ...tally, counts, ...(ENDS.has(to) ? { lastEndAt: Math.max(at, tally.lastEndAt ?? 0) } : {}) };
  });
}

/** The sum over the tallies, e.g. of one ring. */
export function sum(tallies: readonly Pick<Tally, "counts">[]): Counts {
  const total: Record<Place, number> = { ...NONE };
  for (const { counts } of tallies) for (const place of PLACES) total[place] += counts[place];
  return total;
}

/** Failed upgrades use up a failure budget for good. */
export const failedIn = (counts: Counts): number => counts.rolledBack + counts.needsHuman;

/** Upgrades that have not ended. */
export const openIn = (counts: Counts): number =>
  counts.waiting + counts.postponed + counts.underWay + counts.needsHuman;
