import { describe, expect, test } from "vitest";
import { decide, type UpgradeEvent } from "../../../shared/upgrades/core/decide.ts";
import { isActive, mayMove, UPGRADE_STATES, type UpgradeState } from "../../../shared/upgrades/core/moves.ts";
import { offlineSeconds, type Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { anUpgrade, BERLIN_NIGHT, HOUR, MINUTE, NOON, POLICY } from "../../support/upgrades.ts";

const context = { now: NOON, by: "test", policy: POLICY };
const ADMITTED: UpgradeEvent = { kind: "admitted", turnBackAt: NOON + 3 * HOUR, backOnlineBy: NOON + 4 * HOUR };
const DONE: UpgradeEvent = { kind: "stepDone", version: "7.13.0.1", restorePointId: "rp-1" };
const FAILED: UpgradeEvent = { kind: "stepFailed", reason: "disk full" };
const UNDO: UpgradeEvent = { kind: "rollBackRequested", reason: "undone by an operator" };
const FORWARD = ["goingOffline", "creatingRestorePoint", "upgrading", "verifying", "goingOnline"] as const;

function move(upgrade: Upgrade, event: UpgradeEvent, now = NOON): Upgrade {
  const decision = decide(upgrade, event, { ...context, now });
  if (!decision.ok) throw new Error(`refused: ${JSON.stringify(decision.error)}`);
  return decision.value.next;
}

const walk = (events: readonly UpgradeEvent[]): Upgrade =>
  events.reduce((upgrade, event) => move(upgrade, event), anUpgrade());

/** The states that these events lead through. */
function states(from: Upgrade, events: readonly UpgradeEvent[]): readonly UpgradeState[] {
  let upgrade = from;
  return events.map((event) => (upgrade = move(upgrade, event)).state);
}

describe("an upgrade", () => {
  test("goes offline, gets a restore point, is upgraded, verified, and comes online", () => {
    expect(states(anUpgrade(), [ADMITTED, DONE, DONE, DONE, DONE, DONE])).toEqual([...FORWARD, "succeeded"]);
    const ended = walk([ADMITTED, DONE, DONE, DONE, DONE, DONE]);
    expect(ended).toMatchObject({ sequence: 6, restorePointId: "rp-1", isVerified: true, offlineFrom: NOON });
    expect(ended).toMatchObject({ turnBackAt: NOON + 3 * HOUR, backOnlineBy: NOON + 4 * HOUR, onlineAgainAt: NOON });
    expect(ended.deadline).toBeUndefined();
  });

  test("that fails is restored, verified on the old version, and comes online again", () => {
    const upgrading = walk([ADMITTED, DONE, DONE]);
    const way = ["restoring", "verifyingPrevious", "goingOnlinePrevious", "rolledBack"];
    expect(states(upgrading, [FAILED, DONE, DONE, DONE])).toEqual(way);
    expect(move(upgrading, FAILED, NOON + MINUTE)).toMatchObject({
      failure: "disk full",
      rollBackFrom: NOON + MINUTE,
    });
  });

  test("whose roll-back fails stays with a human, keeps both reasons, and can be retried", () => {
    const stuck = walk([ADMITTED, DONE, DONE, FAILED, { kind: "stepFailed", reason: "snapshot gone" }]);
    expect(stuck).toMatchObject({
      state: "needsHuman",
      failure: "disk full; then the roll-back failed: snapshot gone",
    });
    expect(move(stuck, { kind: "retryRequested" })).toMatchObject({ state: "restoring", deadline: NOON + HOUR });
  });

  test("whose roll-back fails again and again keeps its first failure and the latest, and does not grow", () => {
    let upgrade = walk([ADMITTED, DONE, DONE, FAILED]);
    for (let time = 1; time <= 100; time++) {
      upgrade = move(upgrade, { kind: "stepFailed", reason: `snapshot gone, ${time}` });
      if (time < 100) upgrade = move(upgrade, { kind: "retryRequested" });
    }
    expect(upgrade.failure).toBe("disk full; then the roll-back failed: snapshot gone, 100");
  });

  test("without a restore point is never upgraded", () => {
    const upgrade = walk([ADMITTED, DONE, { kind: "stepDone", version: "7.12" }]);
    expect(upgrade).toMatchObject({
      state: "verifyingPrevious",
      failure: "the control plane reported no restore point that can be used",
    });
  });

  test("of an organisation that has a newer version falls back, and verifies that version", () => {
    const upgrade = walk([ADMITTED, { kind: "stepDone", version: "7.14.0.0" }]);
    expect(upgrade).toMatchObject({ state: "verifyingPrevious", fromVersion: "7.14.0.0" });
    expect(upgrade.failure).toBe("it has 7.14.0.0, which is newer than 7.13.0.1");
    expect(states(upgrade, [DONE, DONE])).toEqual(["goingOnlinePrevious", "rolledBack"]);
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

  test("is not verified again when it is time to turn back", () => {
    const late = anUpgrade({ state: "verifying", restorePointId: "rp", turnBackAt: NOON + MINUTE });
    expect(move(late, FAILED, NOON + MINUTE - 1).state).toBe("verifying");
    expect(move(late, FAILED, NOON + MINUTE).state).toBe("restoring");
    // The way back is never cut short.
    expect(move({ ...late, state: "verifyingPrevious" }, FAILED, NOON + HOUR).state).toBe("verifyingPrevious");
  });

  test("whose old version cannot be verified stays offline with a human", () => {
    const first = move(anUpgrade({ state: "verifyingPrevious" }), FAILED);
    expect(move(first, FAILED)).toMatchObject({ state: "needsHuman", failure: "disk full" });
    expect(move(move(first, FAILED), { kind: "retryRequested" }).state).toBe("verifyingPrevious");
  });

  test("that came online late, after its roll-back had begun, has succeeded if its new version was verified", () => {
    const late = walk([ADMITTED, DONE, DONE, DONE, DONE, FAILED]);
    expect(late.state).toBe("restoring");
    expect(move(late, { kind: "foundOnline" })).toMatchObject({ state: "succeeded", onlineAgainAt: NOON });
    const unverified = walk([ADMITTED, DONE, DONE, FAILED]);
    expect(move(unverified, { kind: "foundOnline" })).toMatchObject({ state: "needsHuman" });
    expect(decide(anUpgrade({ state: "upgrading" }), { kind: "foundOnline" }, context).ok).toBe(false);
  });
});

describe("people and an upgrade", () => {
  test("it can be skipped, or given another date, only before it starts", () => {
    const skip: UpgradeEvent = { kind: "skipRequested", reason: "customer asked" };
    const appoint: UpgradeEvent = { kind: "appointed", appointment: BERLIN_NIGHT, reason: "chosen by the customer" };
    expect(move(anUpgrade(), skip)).toMatchObject({ state: "skipped", failure: "customer asked" });
    expect(move(anUpgrade(), appoint)).toMatchObject({ state: "scheduled", sequence: 1, appointment: BERLIN_NIGHT });
    for (const event of [skip, appoint]) {
      const refusal = { ok: false, error: { state: "upgrading", event: event.kind } };
      expect(decide(anUpgrade({ state: "upgrading" }), event, context)).toEqual(refusal);
    }
  });

  test.each(FORWARD)("it can be undone while %s", (state) => {
    const isRestorable = !["goingOffline", "creatingRestorePoint"].includes(state);
    expect(move(anUpgrade({ state, ...(isRestorable ? { restorePointId: "rp" } : {}) }), UNDO)).toMatchObject({
      state: isRestorable ? "restoring" : "verifyingPrevious",
      failure: "undone by an operator",
      rollBackFrom: NOON,
    });
  });

  test.each(UPGRADE_STATES.filter((state) => !FORWARD.some((forward) => forward === state)))(
    "it cannot be undone when it is %s",
    (state) => {
      expect(decide(anUpgrade({ state }), UNDO, context)).toEqual({
        ok: false,
        error: { state, event: "rollBackRequested" },
      });
    },
  );
});

describe("deadlines", () => {
  test.each(["creatingRestorePoint", "upgrading", "verifying"] as const)(
    "%s ends when it is time to turn back, if that is earlier",
    (to) => {
      const from = FORWARD[FORWARD.indexOf(to) - 1] ?? "goingOffline";
      const upgrade = (turnBackAt: number) => anUpgrade({ state: from, restorePointId: "rp", turnBackAt });
      expect(move(upgrade(NOON + MINUTE), DONE)).toMatchObject({ state: to, deadline: NOON + MINUTE });
      expect(move(upgrade(NOON + 9 * HOUR), DONE)).toMatchObject({ deadline: NOON + POLICY.limitsMs[to] });
    },
  );

  test("a verified organisation may come online, and a roll-back end, after the time to turn back", () => {
    const late = { turnBackAt: NOON - HOUR, restorePointId: "rp" };
    expect(move(anUpgrade({ state: "verifying", ...late }), DONE).deadline).toBe(NOON + 10 * MINUTE);
    expect(move(anUpgrade({ state: "goingOnline", ...late }), FAILED).deadline).toBe(NOON + HOUR);
    expect(move(anUpgrade({ state: "restoring", ...late }), DONE).deadline).toBe(NOON + 10 * MINUTE);
    expect(move(anUpgrade({ state: "verifyingPrevious", ...late }), DONE).deadline).toBe(NOON + 10 * MINUTE);
  });
});

const EVENTS: readonly UpgradeEvent[] = [
  ADMITTED,
  { kind: "appointed", appointment: BERLIN_NIGHT, reason: "r" },
  { kind: "skipRequested", reason: "r" },
  DONE,
  { kind: "stepDone", version: "7.99" },
  FAILED,
  { kind: "foundOnline" },
  UNDO,
  { kind: "retryRequested" },
];

describe.each(UPGRADE_STATES)("an upgrade that is %s", (state) => {
  test.each(EVENTS)("takes or refuses $kind, and never stays without a deadline", (event) => {
    for (const changes of [{}, { restorePointId: "rp", fromVersion: "7.12", isVerified: true, attempt: 2 }]) {
      const upgrade = anUpgrade({ state, ...changes });
      const decision = decide(upgrade, event, context);
      if (!decision.ok) {
        expect(decision.error).toEqual({ state, event: event.kind });
        continue;
      }
      const { next, entry } = decision.value;
      expect(mayMove(state, next.state)).toBe(true);
      expect(next.deadline !== undefined).toBe(isActive(next.state));
      expect(entry).toMatchObject({ from: state, to: next.state, sequence: 1, at: NOON, by: "test" });
    }
  });
});

test("the time offline is whole seconds, and known only at its end", () => {
  expect(offlineSeconds(anUpgrade({ offlineFrom: NOON }))).toBeUndefined();
  expect(offlineSeconds(anUpgrade({ onlineAgainAt: NOON }))).toBeUndefined();
  expect(offlineSeconds(anUpgrade({ offlineFrom: NOON, onlineAgainAt: NOON + 1600 }))).toBe(2);
});
