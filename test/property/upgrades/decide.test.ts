import fc from "fast-check";
import { expect, test } from "vitest";
import { decide, type UpgradeEvent } from "../../../shared/upgrades/core/decide.ts";
import { isActive, isTerminal, mayMove, type UpgradeState } from "../../../shared/upgrades/core/moves.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { anUpgrade, BERLIN_NIGHT, HOUR, MINUTE, NOON, POLICY } from "../../support/upgrades.ts";

const TURN_BACK_AT = NOON + 30 * MINUTE;
const ADMITTED: UpgradeEvent = { kind: "admitted", turnBackAt: TURN_BACK_AT, backOnlineBy: NOON + HOUR };

const event: fc.Arbitrary<UpgradeEvent> = fc.oneof(
  fc.constant<UpgradeEvent>(ADMITTED),
  fc.constant<UpgradeEvent>({ kind: "retryRequested" }),
  fc.constant<UpgradeEvent>({ kind: "foundOnline" }),
  fc.constant<UpgradeEvent>({ kind: "skipRequested", reason: "r" }),
  fc.constant<UpgradeEvent>({ kind: "rollBackRequested", reason: "r" }),
  fc.constant<UpgradeEvent>({ kind: "appointed", appointment: BERLIN_NIGHT, reason: "r" }),
  fc.record({ kind: fc.constant("stepFailed" as const), reason: fc.string({ maxLength: 500 }) }),
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("stepDone" as const),
      version: fc.constantFrom("7.13.0.1", "7.13.0.1", "7.13.0.1", "7.99"),
      restorePointId: fc.constant("rp"),
    }),
  },
  fc.constant<UpgradeEvent>({ kind: "stepDone", version: "7.13.0.1" }),
);

/** What happens, and how long after the event before. */
const happenings = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 10 * MINUTE })), { maxLength: 40 });

/** States in which the organisation can be offline. */
const mayBeOffline = (state: UpgradeState): boolean => isActive(state) || state === "needsHuman";

function walk(
  events: readonly (readonly [UpgradeEvent, number])[],
  visit: (before: Upgrade, event: UpgradeEvent, after: Upgrade) => void,
): Upgrade {
  let upgrade = anUpgrade();
  let now = NOON;
  for (const [next, later] of events) {
    now += later;
    const decision = decide(upgrade, next, { now, by: "test", policy: POLICY });
    if (!decision.ok) {
      expect(decision.error).toEqual({ state: upgrade.state, event: next.kind });
      continue;
    }
    const { next: after, entry } = decision.value;
    // D5
    expect(mayMove(upgrade.state, after.state)).toBe(true);
    expect(entry).toMatchObject({ sequence: upgrade.sequence + 1, from: upgrade.state, to: after.state, at: now });
    expect(after.sequence).toBe(entry.sequence);
    visit(upgrade, next, after);
    upgrade = after;
  }
  return upgrade;
}

test("D1: wherever the organisation may be offline, a step with a deadline is under way, or a human is asked", () => {
  fc.assert(
    fc.property(happenings, (events) => {
      walk(events, (_, __, after) => {
        if (mayBeOffline(after.state)) expect(after.deadline !== undefined || after.state === "needsHuman").toBe(true);
        else expect(after.deadline).toBeUndefined();
      });
    }),
  );
});

test("D2: online only after a passed verification of the version that then runs", () => {
  fc.assert(
    fc.property(happenings, (events) => {
      let verified: UpgradeState | undefined;
      walk(events, (before, next, after) => {
        if (next.kind === "stepDone" && (before.state === "verifying" || before.state === "verifyingPrevious"))
          verified = before.state;
        if (after.state === "upgrading" || (before.state === "restoring" && next.kind === "stepDone"))
          verified = undefined;
        if (after.state === "succeeded") expect(verified).toBe("verifying");
        if (after.state === "rolledBack") expect(verified).toBe("verifyingPrevious");
      });
    }),
  );
});

test("D3: until the new version is verified no deadline lies behind the time to turn back", () => {
  const forward: ReadonlySet<UpgradeState> = new Set([
    "goingOffline",
    "creatingRestorePoint",
    "upgrading",
    "verifying",
  ]);
  fc.assert(
    fc.property(happenings, (events) => {
      walk([[ADMITTED, 0], ...events], (_, __, { state, deadline, enteredAt }) => {
        if (forward.has(state)) expect(deadline).toBeLessThanOrEqual(TURN_BACK_AT);
        else if (deadline !== undefined) expect(deadline).toBeGreaterThan(enteredAt);
      });
    }),
  );
});

test("an upgrade that has ended never moves again, and no reason grows without end", () => {
  fc.assert(
    fc.property(happenings, (events) => {
      const end = walk(events, (before) => expect(isTerminal(before.state)).toBe(false));
      expect(end.failure?.length ?? 0).toBeLessThanOrEqual(1100);
    }),
  );
});

test("every walk of passing and failing steps ends, and a restore point is made before every upgrade", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (passes) => {
      const steps = passes.map((pass): UpgradeEvent =>
        pass ? { kind: "stepDone", version: "7.13.0.1", restorePointId: "rp" } : { kind: "stepFailed", reason: "no" },
      );
      const events = [ADMITTED, ...steps].map((one) => [one, 0] as const);
      const end = walk(events, (_, __, after) => {
        if (after.state === "upgrading") expect(after.restorePointId).toBe("rp");
      });
      expect(isActive(end.state)).toBe(false);
    }),
  );
});
