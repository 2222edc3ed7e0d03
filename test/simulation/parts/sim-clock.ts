// The clock of one worker: off by some time, drifting, set to and fro; and the product's watch on it. Storage answers
// with true time, at once: a gate of its own would say nothing that those of the real calls do not.

import { clockWatch, type ClockWatch } from "../../../shared/platform/clock/clock-watch.ts";
import type { Mutation } from "./mutations.ts";
import type { Random } from "./random.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export interface SimClock {
  readonly watch: ClockWatch;
  set(offsetMs: number, driftPerSecond?: number): void;
}

export function simClock(now: () => number, mutation: Mutation | undefined): SimClock {
  let offsetMs = 0;
  let drift = 0;
  let since = now();
  const error = (): number => Math.round(offsetMs + drift * ((now() - since) / SECOND));
  const wall = { now: () => now() + error() };
  // Counts from another moment than any clock.
  const start = now() - 12_345;
  const monotonic = (): number => now() - start;
  const watch = clockWatch({
    wall,
    monotonic,
    boundMs: mutation === "wrong clock acts" ? Infinity : BOUND_MS,
    ask: async () => watch.heard(Math.floor(now() / SECOND) * SECOND, monotonic()),
  });
  return {
    watch,
    set(offset, driftPerSecond = 0) {
      [offsetMs, drift, since] = [offset, driftPerSecond, now()];
    },
  };
}

export const BOUND_MS = 30 * SECOND;

/** How a clock goes wrong: ahead or behind, by much or hardly, at once or slowly. Milliseconds, and milliseconds per second. */
export function drawClockFault(random: Random): readonly [offsetMs: number, driftPerSecond: number] {
  const ahead = random.chance(0.5) ? 1 : -1;
  const offsetMs =
    ahead * random.pick([60 * MINUTE, 60 * MINUTE, 20 * MINUTE, 3 * MINUTE, 45 * SECOND, 20 * SECOND, 0]);
  return [offsetMs, random.chance(0.3) ? ahead * random.between(1, 500) : 0];
}
