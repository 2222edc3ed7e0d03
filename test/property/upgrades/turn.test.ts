// What customers of a hotfix are told, against campaigns that are played upgrade by upgrade.

import fc from "fast-check";
import { expect, test } from "vitest";
import { tallyOf } from "../../../shared/upgrades/core/tally.ts";
import { type Pace } from "../../../shared/upgrades/core/pace.ts";
import { turnOf, type Turn } from "../../../shared/upgrades/core/turn.ts";
import { MINUTE, NOON } from "../../support/upgrades.ts";

const USUAL = 20 * MINUTE;
/** Durations from 10 to 60 minutes, most near 20: what the estimates learn from them. */
const durationOf = (share: number): number => Math.round(10 * MINUTE + share ** 3 * 50 * MINUTE);
const PACE: Pace = {
  fastestMs: durationOf(0.05),
  usualMs: durationOf(0.5),
  averageMs: Math.round(10 * MINUTE + (50 * MINUTE) / 4),
  upgradeMs: durationOf(0.95),
  rollBackMs: USUAL,
};

const scene = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 3 }),
  maxInFlight: fc.integer({ min: 1, max: 20 }),
  budget: fc.integer({ min: 1, max: 20 }),
  seed: fc.integer(),
});

interface Scene {
  readonly sizes: readonly number[];
  readonly maxInFlight: number;
  readonly budget: number;
}

const orderOf = ({ sizes, maxInFlight, budget }: Scene) => ({
  rings: sizes.map((_, index) => ({ ring: `r${index}`, soakMs: 0, failureBudget: budget, plannedFrom: NOON })),
  tallies: tallyOf(
    sizes.flatMap((size, index) => Array.from({ length: size }, () => ({ ring: `r${index}`, stamp: "s" }))),
  ),
  maxInFlight,
  failureBudget: budget,
  stampFailureBudget: budget,
});

test("nearly every upgrade lies between the times that were told, and the last ones are told later than the first", () => {
  let [inside, all] = [0, 0];
  fc.assert(
    fc.property(scene, ({ seed, ...of }) => {
      const order = orderOf(of);
      const atOnce = Math.min(of.maxInFlight, of.budget);
      let state = seed >>> 0;
      const draw = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
      let begin = NOON;
      for (const [index, size] of of.sizes.entries()) {
        const free = Array.from({ length: atOnce }, () => begin);
        let before: Turn | undefined;
        for (let turn = 0; turn < size; turn++) {
          const place = free.indexOf(Math.min(...free));
          const told = turnOf(order, PACE, { ring: `r${index}`, turn }, NOON);
          // Never before what was told: the pre-flight check sees to that.
          const start = Math.max(free[place] ?? 0, told.from);
          const end = start + durationOf(draw());
          free[place] = end;
          all += 1;
          if (end <= told.until) inside += 1;
          expect(told.expected).toBeGreaterThanOrEqual(told.from);
          expect(told.expected).toBeGreaterThanOrEqual(before?.expected ?? 0);
          before = told;
        }
        begin = Math.max(...free);
      }
    }),
    { numRuns: 200 },
  );
  expect(inside / all).toBeGreaterThan(0.95);
});

test("2,000 organisations, 10 at once: the first is told hours, not days, and nobody the whole campaign", () => {
  const order = orderOf({ sizes: [2000], maxInFlight: 10, budget: 200 });
  const turn = (place: number) => turnOf(order, PACE, { ring: "r0", turn: place }, NOON);
  expect(turn(0).until - NOON).toBeLessThan(2 * 60 * MINUTE);
  expect(turn(1999).from - NOON).toBeGreaterThan(30 * 60 * MINUTE);
  const whole = turn(1999).until - NOON;
  for (const place of [0, 500, 1000, 1500, 1999]) {
    const { from, until } = turn(place);
    expect(until - from).toBeLessThan(whole * 0.7);
  }
});

test("where nothing was measured, nobody is told that it does not begin before", () => {
  const order = orderOf({ sizes: [50], maxInFlight: 5, budget: 5 });
  expect(turnOf(order, { ...PACE, fastestMs: 0 }, { ring: "r0", turn: 49 }, NOON).from).toBe(NOON);
});
