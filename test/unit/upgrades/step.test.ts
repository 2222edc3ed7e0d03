import { describe, expect, test } from "vitest";
import { hasOverrun, nextPoll, operationId, stepOf } from "../../../shared/upgrades/core/step.ts";
import { anUpgrade, NOON, POLICY } from "../../support/upgrades.ts";

const SECOND = 1000;

describe("the step of a state", () => {
  test.each([
    ["scheduled", { kind: "rest" }],
    ["succeeded", { kind: "rest" }],
    ["needsHuman", { kind: "rest" }],
    ["goingOffline", { action: { kind: "takeOffline" } }],
    ["creatingRestorePoint", { action: { kind: "createRestorePoint" } }],
    ["upgrading", { action: { kind: "upgrade", targetVersion: "7.13.0.1" } }],
    ["verifying", { kind: "verify", version: "7.13.0.1" }],
    ["goingOnline", { action: { kind: "bringOnline" } }],
    ["restoring", { action: { kind: "restore", restorePointId: "rp-1" } }],
    ["verifyingPrevious", { kind: "verify", version: "7.12.1.100" }],
    ["goingOnlinePrevious", { action: { kind: "bringOnline" } }],
  ] as const)("%s", (state, expected) => {
    const upgrade = anUpgrade({ state, restorePointId: "rp-1", fromVersion: "7.12.1.100" });
    expect(stepOf(upgrade)).toMatchObject(expected);
  });

  test("carries an operation id of campaign, organisation and sequence", () => {
    expect(operationId(anUpgrade({ sequence: 3 }))).toBe("c-1:alpine-foods:3");
  });
});

describe("the next look at a running step", () => {
  const upgrade = anUpgrade({ state: "upgrading", deadline: NOON + 3600 * SECOND });
  const look = (afterSeconds: number, retryAfterSeconds = 0) =>
    nextPoll(upgrade, NOON + afterSeconds * SECOND, retryAfterSeconds * SECOND, POLICY);

  test("comes after the poll interval at first, and later at longer distances", () => {
    expect(look(0)).toEqual({ at: NOON + 5 * SECOND, slot: 1 });
    // 5, 10, 15, 20, 25, then a quarter more each time.
    expect(look(39)).toEqual({ at: NOON + 39_063, slot: 7 });
    const late = look(1000);
    expect(late.at - NOON).toBeGreaterThan(1000 * SECOND);
    expect(late.at - NOON).toBeLessThanOrEqual(1060 * SECOND);
  });

  test("is the same for two chains of wake-ups that run side by side", () => {
    expect(look(31)).toEqual(look(31.2));
    expect(look(31).at).toBeGreaterThan(NOON + 31.2 * SECOND);
  });

  test("honours what the other side asked for", () => {
    expect(look(0, 30).at).toBeGreaterThanOrEqual(NOON + 30 * SECOND);
  });

  test("is at the deadline at the latest, and at the next poll when that has passed", () => {
    expect(look(3599).at).toBe(NOON + 3600 * SECOND);
    expect(look(3700).at).toBe(NOON + 3705 * SECOND);
    expect(hasOverrun(upgrade, NOON + 3600 * SECOND)).toBe(true);
    expect(hasOverrun(upgrade, NOON + 3599 * SECOND)).toBe(false);
    expect(hasOverrun(anUpgrade(), NOON)).toBe(false);
  });

  test("needs no deadline", () => {
    expect(nextPoll(anUpgrade(), NOON, 0, POLICY).slot).toBe(1);
  });
});
