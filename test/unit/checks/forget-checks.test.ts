import { expect, test } from "vitest";
import { forgetChecks, KEPT_FOR_MS } from "../../../shared/checks/forget-checks.ts";
import { checkStore } from "../../../shared/checks/store.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const QUARTER_MS = 15 * 60_000;

test("checks are forgotten after three months, each organisation for itself, and nothing newer is", async () => {
  const tables = memoryTables("FunctionalChecks");
  const checks = checkStore(tables);
  const keep = (organisationId: string, slot: number) =>
    checks.keep({ organisationId, slot, at: slot, outcome: "notRun", reason: "an upgrade is under way" });
  for (let index = -2; index < 250; index++) await keep("alpine", NOW - KEPT_FOR_MS - index * QUARTER_MS);
  await keep("baltic", NOW - 2 * KEPT_FOR_MS);
  const deps = { checks, clock: { now: () => NOW } };
  expect(await forgetChecks(deps, "alpine")).toBe(249);
  expect(await forgetChecks(deps, "alpine")).toBe(0);
  const left = await checks.list("alpine", 1000);
  // Exactly three months old is still kept.
  expect(left.items.map(({ slot }) => slot - NOW + KEPT_FOR_MS)).toEqual([2 * QUARTER_MS, QUARTER_MS, 0]);
  expect((await checks.list("baltic", 10)).items).toHaveLength(1);
});

test("one call removes at most 5,000; what others remove at the same moment is left to them", async () => {
  const clock = { now: () => NOW };
  let rounds = 0;
  const endless = async () => {
    rounds += 1;
    return 100;
  };
  expect(await forgetChecks({ checks: { removeBefore: endless }, clock }, "alpine")).toBe(5000);
  expect(rounds).toBe(50);
  const left = [100, 7, 0];
  expect(await forgetChecks({ checks: { removeBefore: async () => left.shift() ?? expect.fail() }, clock }, "a")).toBe(
    107,
  );
  expect(left).toEqual([]);
});
