// The estimate of a campaign's end is honest: of simulated campaigns about 80 % end inside the 80 % interval, and the
// median is near the truth. The campaigns here know nothing of how the estimate is made.

import { describe, expect, test } from "vitest";
import { estimateEnd, type EtaQuery } from "../../../shared/upgrades/core/eta.ts";
import { seededRandom, type Random } from "../../simulation/parts/random.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2027, 3, 10, 20);
const PLACES = 10;

interface Run {
  readonly start: number;
  readonly end: number;
}

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** Lognormal durations around 40 minutes; one in twenty is rolled back and takes one and a half to two and a half times as long. */
function campaign(seed: number, size: number): readonly Run[] {
  const random = seededRandom(seed);
  const free = Array.from({ length: PLACES }, () => START);
  return Array.from({ length: size }, () => {
    free.sort((a, b) => a - b);
    const start = free[0] ?? START;
    const longer = random.chance(0.05) ? 1.5 + random.next() : 1;
    const end = start + Math.round(40 * MINUTE * Math.exp(0.4 * normal(random)) * longer);
    free[0] = end;
    return { start, end };
  });
}

/** What is known of a campaign at `now`. */
const seenAt = (runs: readonly Run[], now: number, seed: number): EtaQuery => ({
  now,
  maxInFlight: PLACES,
  running: runs.filter(({ start, end }) => start <= now && end > now).map(({ start }) => ({ startedAt: start })),
  waiting: runs.filter(({ start }) => start > now).map(() => ({ notBefore: START })),
  durationsMs: runs.filter(({ end }) => end <= now).map(({ start, end }) => end - start),
  standardMs: HOUR,
  seed,
});

const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Each campaign is looked at once: looks at one campaign are alike, and four times as many campaigns tell more. */
test("of 400 campaigns 75 to 85 % end inside the interval, from 30 % progress on, and the median is within 10 %", () => {
  let inside = 0;
  for (const [index, progress] of [0.3, 0.5, 0.7, 0.9].entries()) {
    const errors: number[] = [];
    const errorsOfRest: number[] = [];
    let insideHere = 0;
    for (let seed = 100 * index + 1; seed <= 100 * index + 100; seed++) {
      const size = 60 + ((seed * 37) % 240);
      const runs = campaign(seed, size);
      const ends = runs.map(({ end }) => end).toSorted((a, b) => a - b);
      const now = ends[Math.floor(progress * size)] ?? START;
      const end = ends.at(-1) ?? START;
      // Another seed than the campaign's: the estimate must not draw the numbers that made the truth.
      const eta = estimateEnd(seenAt(runs, now, 1_000_003 * seed));
      if (eta.low <= end && end <= eta.high) insideHere++;
      errors.push(Math.abs(eta.median - end) / (end - START));
      errorsOfRest.push(Math.abs(eta.median - end) / (end - now));
    }
    inside += insideHere;
    console.log(
      `at ${percent(progress)}: ${insideHere} of 100 inside the interval; median error ` +
        `${percent(middle(errors))} of the campaign's length, ${percent(middle(errorsOfRest))} of the rest`,
    );
    expect(middle(errors)).toBeLessThanOrEqual(0.1);
  }
  console.log(`together: ${percent(inside / 400)} inside the interval`);
  expect(inside / 400).toBeGreaterThanOrEqual(0.75);
  expect(inside / 400).toBeLessThanOrEqual(0.85);
});

describe("the estimate", () => {
  const query: EtaQuery = {
    now: START,
    maxInFlight: 2,
    running: [],
    waiting: Array.from({ length: 4 }, () => ({ notBefore: START })),
    durationsMs: Array.from({ length: 40 }, () => HOUR),
    standardMs: HOUR,
    seed: 7,
  };

  test("is the same for the same seed, and near for another", () => {
    const runs = campaign(5, 100);
    const seen = seenAt(runs, START + 2 * HOUR, 1);
    expect(estimateEnd(seen)).toEqual(estimateEnd(seen));
    const other = estimateEnd({ ...seen, seed: 2 });
    expect(Math.abs(other.median - estimateEnd(seen).median)).toBeLessThan(HOUR / 4);
  });

  test("counts places: four upgrades of an hour take two hours at two places, one hour at four", () => {
    expect(estimateEnd(query)).toMatchObject({ median: START + 2 * HOUR, low: START + 2 * HOUR, basedOn: 40 });
    expect(estimateEnd({ ...query, maxInFlight: 4 }).median).toBe(START + HOUR);
  });

  test("starts nothing while more are under way than places are left after the limit was lowered", () => {
    const running = Array.from({ length: 4 }, () => ({ startedAt: START - HOUR / 2 }));
    const eta = estimateEnd({ ...query, running, waiting: [{ notBefore: START }], maxInFlight: 1 });
    expect(eta.median).toBe(START + HOUR / 2 + HOUR);
  });

  test("waits for windows, and leaves out who finds no place in its own", () => {
    const later = { notBefore: START + 30 * 24 * HOUR, windowEnd: START + 30 * 24 * HOUR + HOUR / 2 };
    const eta = estimateEnd({ ...query, waiting: [later, later, later] });
    expect(eta).toMatchObject({ median: later.notBefore + HOUR, missTheirWindow: 1 });
  });

  test("expects more of an upgrade that has already lasted longer than any before", () => {
    const eta = estimateEnd({ ...query, waiting: [], running: [{ startedAt: START - 3 * HOUR }] });
    expect(eta.low).toBeGreaterThanOrEqual(START);
    expect(eta.high).toBeGreaterThan(eta.low);
  });

  test("without samples stands on the standard duration, with a wide interval", () => {
    const eta = estimateEnd({ ...query, durationsMs: [], waiting: [{ notBefore: START }] });
    expect(eta.basedOn).toBe(0);
    expect(eta.low).toBeLessThan(START + HOUR);
    expect(eta.high).toBeGreaterThan(START + HOUR);
  });

  test("of nothing left is now", () => {
    expect(estimateEnd({ ...query, waiting: [] })).toMatchObject({ median: START, low: START, high: START });
  });

  test.each([
    ["maxInFlight", { maxInFlight: 0 }],
    ["standardMs", { standardMs: 0 }],
    ["a duration", { durationsMs: [Number.NaN] }],
    ["startedAt", { running: [{ startedAt: 0.5 }] }],
    ["notBefore", { waiting: [{ notBefore: Number.POSITIVE_INFINITY }] }],
    ["windowEnd", { waiting: [{ notBefore: START, windowEnd: Number.NaN }] }],
  ])("refuses an impossible %s", (name, change) => {
    expect(() => estimateEnd({ ...query, ...change })).toThrow(`${name} is not possible`);
  });
});
