import { expect, test } from "vitest";
import { portsFrom, startSample } from "../support/sample-run.ts";

test("a hotfix goes out to 12 organisations: 11 succeed, one is rolled back, all end online", async () => {
  const { code, report } = await startSample(["--once", "--json"], portsFrom(27_000)).ended;
  expect(code).toBe(0);
  if (report === undefined) throw new Error("There is no report.");
  const { organisations, campaign } = report;
  expect(organisations).toHaveLength(12);
  expect(organisations.every((organisation) => organisation.online)).toBe(true);
  const succeeded = organisations.filter((organisation) => organisation.outcome === "succeeded");
  expect(succeeded).toHaveLength(11);
  expect(succeeded.every((organisation) => organisation.toVersion === campaign.version)).toBe(true);
  const rolledBack = organisations.find((organisation) => organisation.outcome === "rolledBack");
  expect(rolledBack?.toVersion).toBe(rolledBack?.fromVersion);
  expect(report).toMatchObject({
    functionalChecks: { passed: 12, failed: 0 },
    messagesDeadLettered: 0,
    // Five steps for each that succeeds without its verification, which is no operation; offline, restore point, restore, online.
    controlPlane: { applied: 11 * 4 + 4, appliedTwice: 0 },
  });
});
