import { expect, test } from "vitest";
import { healthOf, type Check } from "../../../shared/checks/check.ts";
import { runCheck } from "../../../shared/checks/run-check.ts";
import { scheduleChecks } from "../../../shared/checks/schedule-checks.ts";
import { checkStore } from "../../../shared/checks/store.ts";
import type { FunctionalResult } from "../../../shared/docuware/functional-suite/functional-result.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import { anOrganisation } from "../upgrades/support.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const passed: FunctionalResult = {
  organisationId: "alpine",
  outcome: "passed",
  startedAt: NOW + 5,
  durationMs: 1,
  steps: [],
  cleanedUp: true,
};
const failed: FunctionalResult = { ...passed, outcome: "failed", failedStep: "store", severity: "critical" };
const ran = (result: FunctionalResult): Check => ({
  organisationId: "alpine",
  slot: NOW,
  at: NOW + 5,
  outcome: result.outcome,
  result,
});
const notRun: Check = {
  organisationId: "alpine",
  slot: NOW,
  at: NOW + 9,
  outcome: "notRun",
  reason: "an upgrade is under way",
};

/** One check for NOW, asked for a few milliseconds later. `upgraded`: before the suite, and after it. */
async function checked(around: {
  readonly upgraded?: readonly boolean[];
  readonly result?: FunctionalResult;
  readonly present?: readonly Check[];
  readonly isKnown?: boolean;
}) {
  const tables = memoryTables("FunctionalChecks");
  const checks = checkStore(tables);
  for (const check of around.present ?? []) await checks.keep(check);
  const upgraded = [...(around.upgraded ?? [])];
  const log = memoryLog();
  let runs = 0;
  const deps = {
    checks,
    log,
    clock: { now: () => NOW + 9 },
    organisation: async () => (around.isKnown === false ? undefined : anOrganisation("alpine")),
    runSuite: async () => ((runs += 1), around.result ?? passed),
    isBeingUpgraded: async () => upgraded.shift() ?? false,
  };
  const check = await runCheck(deps, { organisationId: "alpine", slot: NOW, task: "check" });
  const kept = await checks.read("alpine", NOW);
  return { check, kept, runs, logged: log.entries.map(({ level, event, fields }) => ({ level, event, fields })) };
}

const failedLog = {
  level: "error",
  event: "check.failed",
  fields: { organisationId: "alpine", step: "store", severity: "critical" },
};

test.each([
  ["one that passes", {}, ran(passed), 1, []],
  ["one that fails", { result: failed }, ran(failed), 1, [failedLog]],
  ["one during an upgrade runs no suite", { upgraded: [true] }, notRun, 0, []],
  ["one that failed because an upgrade began", { upgraded: [false, true], result: failed }, notRun, 1, []],
  ["one that passed though an upgrade began", { upgraded: [false, true] }, ran(passed), 1, []],
] as const)("%s is kept", async (_, around, check, runs, logged) => {
  expect(await checked(around)).toEqual({ check, kept: check, runs, logged });
});

test("one of an organisation that has left is none", async () => {
  expect(await checked({ isKnown: false })).toEqual({ check: undefined, kept: undefined, runs: 0, logged: [] });
});

test.each([
  ["the same slot", { slot: NOW, at: NOW + 1 }, true],
  ["the same slot, by a wrong clock", { slot: NOW, at: NOW + 10 }, true],
  ["an earlier slot that ran after this was due", { slot: NOW - 1, at: NOW }, true],
  ["one that runs at this millisecond", { slot: NOW + 1, at: NOW + 9 }, true],
  ["one from the future", { slot: NOW + 1, at: NOW + 10 }, false],
  ["one that ran before this was due", { slot: NOW - 1, at: NOW - 1 }, false],
])("%s answers it or not", async (_, changes, isAnswer) => {
  const present = { ...ran(passed), ...changes };
  const { check, runs } = await checked({ present: [present] });
  expect({ runs, check }).toEqual(isAnswer ? { runs: 0, check: present } : { runs: 1, check: ran(passed) });
});

test("an older slot that was answered is not answered again", async () => {
  const present = [ran(passed), { ...ran(passed), slot: NOW + 1, at: NOW + 20 }];
  expect(await checked({ present })).toMatchObject({ runs: 0, check: present[0] });
});

test.each([0, 1, 500, 501])("checks of %i organisations are asked for, once per minute", async (count) => {
  const sent: (readonly unknown[])[] = [];
  const deps = {
    organisations: {
      async *all() {
        for (let index = 0; index < count; index++) yield anOrganisation(`o-${index}`);
      },
    },
    bus: { send: async (_: string, messages: readonly unknown[]) => void sent.push(messages), close: async () => {} },
    clock: { now: () => NOW + 59_999 },
  };
  expect(await scheduleChecks(deps, "sweep")).toBe(count);
  expect(sent.map(({ length }) => length)).toEqual([Math.min(count, 500), count - 500].filter((one) => one > 0));
  if (count > 0)
    expect(sent[0]?.[0]).toEqual({
      body: { organisationId: "o-0", slot: NOW, task: "sweep" },
      messageId: `o-0:sweep:${NOW}`,
    });
});

test("what support reads first", () => {
  expect([healthOf(ran(passed)), healthOf(ran(failed)), healthOf(notRun), healthOf(undefined)]).toEqual([
    "healthy",
    "failing",
    "maintenance",
    "unknown",
  ]);
});
