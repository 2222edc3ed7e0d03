// Learned durations: a set of the newest samples, whatever the order and however often they come.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addSamples,
  durationsOf,
  NO_SAMPLES,
  p95,
  samplesSchema,
  type Finished,
  type Sample,
} from "../../../shared/upgrades/core/estimates.ts";

const finished: fc.Arbitrary<Finished> = fc
  .record({
    organisationId: fc.nat(300).map((n) => `organisation-${n}`),
    campaignId: fc.constantFrom("c-1", "c-2"),
    at: fc.nat(1_000_000),
    upgradeMs: fc.nat(7_200_000),
    rollBackMs: fc.option(fc.nat(7_200_000), { nil: undefined }),
  })
  .map(({ rollBackMs, ...one }) => (rollBackMs === undefined ? one : { ...one, rollBackMs }));

test("E1, E2: in any order, in any pieces and twice, the same newest 200 are kept", () => {
  fc.assert(
    fc.property(fc.array(finished, { maxLength: 600 }), fc.nat(600), (all, cut) => {
      const once = addSamples(NO_SAMPLES, all);
      const pieces = addSamples(addSamples(NO_SAMPLES, all.slice(cut).toReversed()), all.slice(0, cut));
      expect(pieces).toEqual(once);
      expect(addSamples(once, all)).toEqual(once);
      expect(samplesSchema.parse(structuredClone(once))).toEqual(once);
      const latest = new Map<string, number>();
      for (const { campaignId, organisationId, at } of all) {
        const key = `${campaignId}:${organisationId}`;
        latest.set(key, Math.max(at, latest.get(key) ?? 0));
      }
      const newest = [...latest.values()].toSorted((a, b) => a - b).slice(-200);
      expect(once.upgradeMs.map(({ at }) => at)).toEqual(newest);
    }),
    { numRuns: 60 },
  );
});

test("a full row stays below 30 KB of JSON", () => {
  const all = Array.from({ length: 500 }, (_, n) => ({
    campaignId: "0b0e7c2e-6c0d-4b42-9f3a-2b8d1f4c9e10",
    organisationId: `${"long".repeat(10)}-${n}`,
    at: 4_102_444_800_000 + n,
    upgradeMs: 604_800_000 - n,
    rollBackMs: 604_800_000 - n,
  }));
  const samples = addSamples(NO_SAMPLES, all);
  expect([samples.upgradeMs.length, samples.rollBackMs.length]).toEqual([200, 200]);
  expect(JSON.stringify(samples).length).toBeLessThan(30_000);
});

test("a duration that is none is refused with the upgrade's name", () => {
  const one = { campaignId: "c-1", organisationId: "alpine", at: 1 };
  for (const upgradeMs of [-1, 0.5, Number.NaN, 8 * 86_400_000]) {
    expect(() => addSamples(NO_SAMPLES, [{ ...one, upgradeMs }])).toThrow("c-1:alpine");
  }
  expect(() => addSamples(NO_SAMPLES, [{ ...one, at: Number.NaN, upgradeMs: 1 }])).toThrow("at must be an instant");
});

describe("p95", () => {
  const of = (durations: readonly number[]): readonly Sample[] => durations.map((ms, at) => ({ key: at, at, ms }));
  const hundred = Array.from({ length: 100 }, (_, n) => n + 1);

  test("is the standard until there are enough samples", () => {
    expect(p95(of(hundred.slice(0, 19)), 777)).toBe(777);
    expect(p95(of(hundred.slice(0, 20)), 777)).toBe(19);
  });

  test("is the nearest rank of all", () => {
    expect(p95(of(hundred.toReversed()), 777)).toBe(95);
  });

  test("follows a slower release after two slow upgrades, and no single outlier", () => {
    const steady = Array.from({ length: 180 }, () => 100);
    const newest = Array.from({ length: 18 }, () => 100);
    expect(p95(of([...steady, ...newest, 100, 900]), 777)).toBe(100);
    expect(p95(of([...steady, ...newest, 900, 800]), 777)).toBe(800);
  });

  test("is a duration that was measured, and never below that of the newest 20", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { minLength: 20, maxLength: 200 }), (durations) => {
        const found = p95(of(durations), 777);
        expect(durationsOf(of(durations))).toContain(found);
        expect(durations.filter((ms) => ms <= found).length).toBeGreaterThanOrEqual(0.95 * durations.length);
        expect(durations.slice(-20).filter((ms) => ms <= found).length).toBeGreaterThanOrEqual(19);
      }),
    );
  });
});
