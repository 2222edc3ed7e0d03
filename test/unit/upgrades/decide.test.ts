import { describe, expect, test } from "vitest";
import { decide, type UpgradeEvent } from "../../../shared/upgrades/core/decide.ts";
import { isActive, UPGRADE_STATES, type UpgradeState } from "../../../shared/upgrades/core/moves.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { anUpgrade, NOON, POLICY } from "../../support/upgrades.ts";

const context = { now: NOON, by: "test", policy: POLICY };
const DONE: UpgradeEvent = { kind: "stepDone", version: "7.13.0.1", restorePointId: "rp-1" };
const FAILED: UpgradeEvent = { kind: "stepFailed", reason: "disk full" };

function move(upgrade: Upgrade, event: UpgradeEvent): Upgrade {
  const decision = decide(upgrade, event, context);
  if (!decision.ok) throw new Error(`refused: ${JSON.stringify(decision.error)}`);
  return decision.value.next;
}

const walk = (events: readonly UpgradeEvent[]): Upgrade => events.reduce(move, anUpgrade());

describe("an upgrade", () => {
  test("goes offline, gets a restore point, is upgraded, verified, and comes online", () => {
    const states: UpgradeState[] = [];
    let upgrade = anUpgrade();
    for (const event of [{ kind: "admitted" } as const, DONE, DONE, DONE, DONE, DONE]) {
      upgrade = move(upgrade, event);
      states.push(upgrade.state);
    }
    expect(states).toEqual([
      "goingOffline",
      "creatingRestorePoint",
      "upgrading",
      "verifying",
      "goingOnline",
      "succeeded",
    ]);
    expect(upgrade).toMatchObject({ sequence: 6, restorePointId: "rp-1", offlineFrom: NOON, onlineAgainAt: NOON });
    expect(upgrade.deadline).toBeUndefined();
  });

  test("that fails is restored, verified on the old version, and comes online again", () => {
    const states: UpgradeState[] = [];
    let upgrade = walk([{ kind: "admitted" }, DONE, DONE]);
    for (const event of [FAILED, DONE, DONE, DONE]) {
      upgrade = move(upgrade, event);
      states.push(upgrade.state);
    }
    expect(states).toEqual(["restoring", "verifyingPrevious", "goingOnlinePrevious", "rolledBack"]);
    expect(upgrade.failure).toBe("disk full");
  });

  test("whose roll-back fails stays with a human, keeps both reasons, and can be retried", () => {
    const stuck = walk([{ kind: "admitted" }, DONE, DONE, FAILED, { kind: "stepFailed", reason: "snapshot gone" }]);
    expect(stuck).toMatchObject({
      state: "needsHuman",
      failure: "disk full; then the roll-back failed: snapshot gone",
    });
    expect(move(stuck, { kind: "retryRequested" })).toMatchObject({ state: "restoring" });
  });

  test("without a restore point is never upgraded", () => {
    const upgrade = walk([{ kind: "admitted" }, DONE, { kind: "stepDone", version: "7.12" }]);
    expect(upgrade).toMatchObject({
      state: "verifyingPrevious",
      failure: "the control plane reported no restore point",
    });
  });

  test.each(["goingOffline", "creatingRestorePoint"] as const)(
    "that fails while %s has nothing to restore",
    (state) => {
      expect(move(anUpgrade({ state }), FAILED).state).toBe("verifyingPrevious");
    },
  );

  test("is verified twice before it is rolled back", () => {
    const first = move(anUpgrade({ state: "verifying", restorePointId: "rp" }), FAILED);
    expect(first).toMatchObject({ state: "verifying", attempt: 2 });
    expect(move(first, FAILED)).toMatchObject({ state: "restoring", attempt: 1 });
  });

  test("whose old version cannot be verified stays offline with a human", () => {
    const first = move(anUpgrade({ state: "verifyingPrevious" }), FAILED);
    expect(move(first, FAILED)).toMatchObject({ state: "needsHuman", failure: "disk full" });
    expect(move(move(first, FAILED), { kind: "retryRequested" }).state).toBe("verifyingPrevious");
  });

  test("that came online late, after its roll-back had begun, has succeeded if its new version was verified", () => {
    const late = walk([{ kind: "admitted" }, DONE, DONE, DONE, DONE, FAILED]);
    expect(late.state).toBe("restoring");
    expect(move(late, { kind: "foundOnline" })).toMatchObject({ state: "succeeded", onlineAgainAt: NOON });
    const unverified = walk([{ kind: "admitted" }, DONE, DONE, FAILED]);
    expect(move(unverified, { kind: "foundOnline" })).toMatchObject({ state: "needsHuman" });
    expect(decide(anUpgrade({ state: "upgrading" }), { kind: "foundOnline" }, context).ok).toBe(false);
  });

  test("can be skipped only before it starts", () => {
    const skip: UpgradeEvent = { kind: "skipRequested", reason: "customer asked" };
    expect(move(anUpgrade(), skip)).toMatchObject({ state: "skipped", failure: "customer asked" });
    expect(decide(anUpgrade({ state: "upgrading" }), skip, context)).toEqual({
      ok: false,
      error: { state: "upgrading", event: "skipRequested" },
    });
  });

  test.each(UPGRADE_STATES)("in %s has a deadline exactly when a step is under way", (state) => {
    for (const event of [{ kind: "admitted" }, DONE, FAILED, { kind: "retryRequested" }] satisfies UpgradeEvent[]) {
      const decision = decide(anUpgrade({ state, restorePointId: "rp" }), event, context);
      if (decision.ok) expect(decision.value.next.deadline !== undefined).toBe(isActive(decision.value.next.state));
    }
  });
});
