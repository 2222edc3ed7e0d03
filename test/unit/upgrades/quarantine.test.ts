import { describe, expect, test } from "vitest";
import {
  callsForQuarantine,
  isInForce,
  lift,
  quarantineReason,
  type Quarantine,
} from "../../../shared/upgrades/core/quarantine.ts";
import type { Counts } from "../../../shared/upgrades/core/tally.ts";
import { aTally, NOON } from "../../support/upgrades.ts";

const RULE = { percent: 20, atLeast: 2 };

const reasonFor = (canary: Partial<Counts>, broad: Partial<Counts> = {}): string | undefined =>
  quarantineReason([aTally("canary", canary), aTally("broad", broad), aTally("canary", {}, "us-1")], RULE);

describe("a version is bad", () => {
  test("when so many percent of the ended upgrades of one ring failed", () => {
    expect(reasonFor({ rolledBack: 2, succeeded: 8 })).toBe("2 of 10 upgrades of ring canary failed (limit 20 %)");
    expect(reasonFor({ rolledBack: 2, succeeded: 9 })).toBeUndefined();
    expect(reasonFor({}, { rolledBack: 2, succeeded: 1 })).toBe("2 of 3 upgrades of ring broad failed (limit 20 %)");
  });

  test("not for fewer failures than say something", () => {
    expect(reasonFor({ rolledBack: 1 })).toBeUndefined();
    expect(reasonFor({ rolledBack: 1 }, { rolledBack: 1 })).toBeUndefined();
    expect(reasonFor({ rolledBack: 1, needsHuman: 1 })).toBe("2 of 2 upgrades of ring canary failed (limit 20 %)");
  });

  test("not for what has not ended", () => {
    expect(reasonFor({ rolledBack: 2, succeeded: 8, underWay: 50, waiting: 50, skipped: 50 })).toBeDefined();
    expect(reasonFor({ underWay: 9, skipped: 9, postponed: 9 })).toBeUndefined();
  });

  test("also when its failures are on different stamps", () => {
    expect(
      quarantineReason([aTally("a", { rolledBack: 1 }), aTally("a", { rolledBack: 1 }, "us-1")], RULE),
    ).toBeDefined();
  });
});

const quarantine = (changes: Partial<Quarantine> = {}): Quarantine => ({
  version: "7.13.0.1",
  campaignId: "c-1",
  reason: "2 of 2 failed",
  failures: { "c-1": 2 },
  since: NOON,
  lifts: [],
  ...changes,
});
const LIFTED = quarantine({ liftedAt: NOON });

describe("a quarantine", () => {
  test("is called for once, while none is in force", () => {
    expect(callsForQuarantine(undefined, "c-1", 2)).toBe(true);
    expect(callsForQuarantine(quarantine(), "c-1", 9)).toBe(false);
    expect(callsForQuarantine(quarantine(), "c-2", 9)).toBe(false);
  });

  test("after a lift is called for by further failures only", () => {
    expect(callsForQuarantine(LIFTED, "c-1", 2)).toBe(false);
    expect(callsForQuarantine(LIFTED, "c-1", 3)).toBe(true);
  });

  test("of another campaign says nothing about the failures of this one", () => {
    expect(callsForQuarantine(LIFTED, "c-2", 2)).toBe(true);
    const both = { ...LIFTED, failures: { "c-1": 2, "c-2": 4 } };
    expect([callsForQuarantine(both, "c-2", 4), callsForQuarantine(both, "c-1", 2)]).toEqual([false, false]);
    expect([callsForQuarantine(both, "c-2", 5), callsForQuarantine(both, "c-1", 3)]).toEqual([true, true]);
  });

  test("is lifted by two different people", () => {
    const first = lift(quarantine(), "tool:operator-a", NOON);
    expect(first).toMatchObject({ ok: true, value: { lifts: [{ by: "tool:operator-a", at: NOON }] } });
    if (!first.ok) return;
    expect(isInForce(first.value)).toBe(true);
    const again = lift(first.value, "tool:operator-a", NOON);
    expect(again).toEqual({ ok: false, error: { kind: "alreadyLifted", by: "tool:operator-a" } });
    const second = lift(first.value, "tool:operator-b", NOON + 1);
    expect(second).toMatchObject({ ok: true, value: { liftedAt: NOON + 1 } });
    if (second.ok) expect(isInForce(second.value)).toBe(false);
  });

  test("that is lifted cannot be lifted", () => {
    expect(lift(LIFTED, "tool:operator-c", NOON)).toEqual({ ok: false, error: { kind: "notInQuarantine" } });
  });
});
