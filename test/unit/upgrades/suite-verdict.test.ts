import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FUNCTIONAL_STEPS } from "../../../shared/docuware/functional-suite/functional-result.ts";
import { decide, type UpgradeEvent } from "../../../shared/upgrades/core/decide.ts";
import { SUITE_CASES, suiteVerdict, type SuiteState } from "../../../shared/upgrades/core/suite-verdict.ts";
import { anUpgrade, MINUTE, NOON, POLICY } from "../../support/upgrades.ts";

const STATES: readonly SuiteState[] = ["scheduled", "verifying", "verifyingPrevious"];
const failedStep = (name: string) =>
  name === "logIn (429)" ? { step: "logIn", isThrottled: true } : { step: name, isThrottled: false };

test("the documented table is the table of the code", () => {
  const text = readFileSync(new URL("../../../docs/upgrades.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `([^`]+)` \| (\w+) \| (\w+) \| (\w+) \|$/gm)].map(([, ...cells]) => cells);
  const expected = SUITE_CASES.map((name) => [name, ...STATES.map((state) => suiteVerdict(state, failedStep(name)))]);
  expect(rows).toEqual(expected);
});

test("every step of the suite has a row, and what the suite calls critical keeps an organisation offline after a roll-back", () => {
  for (const { name, severity } of FUNCTIONAL_STEPS) {
    expect(SUITE_CASES).toContain(name);
    const expected = severity === "critical" ? "stayOffline" : "goOnline";
    expect(suiteVerdict("verifyingPrevious", { step: name, isThrottled: false })).toBe(expected);
  }
});

test.each([[undefined], ["renamed"], ["toString"], ["__proto__"]])("the unknown step %s keeps it offline", (step) => {
  expect(suiteVerdict("verifyingPrevious", { step, isThrottled: false })).toBe("stayOffline");
});

const ENDS = { skip: "scheduled", turnBack: "restoring", stayOffline: "needsHuman", goOnline: "goingOnlinePrevious" };
const cases = (["verifying", "verifyingPrevious"] as const).flatMap((state) =>
  SUITE_CASES.map((name) => ({ state, name, verdict: suiteVerdict(state, failedStep(name)) })),
);

test.each(cases)("$state: $name fails, is tried again, and then means $verdict", ({ state, name, verdict }) => {
  const event: UpgradeEvent = { kind: "stepFailed", reason: `${name}: broken`, failedStep: failedStep(name) };
  let upgrade = anUpgrade({ state, sequence: 5, restorePointId: "rp-1", fromVersion: "7.12", failure: "first" });
  for (let attempt = 1; attempt <= POLICY.verifyAttempts; attempt++) {
    expect(upgrade.state).toBe(state);
    const decision = decide(upgrade, event, { now: NOON + attempt * MINUTE, by: "worker:test", policy: POLICY });
    if (!decision.ok) throw new Error("refused");
    upgrade = decision.value.next;
  }
  expect(upgrade.state).toBe(ENDS[verdict]);
  expect(upgrade.onlineDespite).toBe(verdict === "goOnline" ? `${name}: broken` : undefined);
});
