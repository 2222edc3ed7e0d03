// `npm start -- --once --json`: what it promises is in its report, and everything in the report is right.

import { beforeAll, describe, expect, test } from "vitest";
import { latestNotice } from "../../shared/kernel/time/notice.ts";
import { portsFrom, startSample, type SampleReport } from "../support/sample-run.ts";

let code: number | null;
let report: SampleReport;

beforeAll(async () => {
  const run = startSample(["--once", "--json"], portsFrom(27_000));
  const ended = await run.ended;
  if (ended.report === undefined) throw new Error(`There is no report:\n${run.output().slice(-3000)}`);
  ({ code } = ended);
  ({ report } = ended);
});

test("everything ended as it should", () => {
  expect(code).toBe(0);
  expect(report).toMatchObject({
    // Twelve of the hotfix, four of each upgrade.
    functionalChecks: { passed: 20, failed: 0, notRun: 0 },
    messagesDeadLettered: 0,
    // Offline, restore point, upgrade, online; of the one that failed: offline, restore point, restore, online.
    controlPlane: { applied: 16 * 4, appliedTwice: 0 },
  });
});

test("the hotfix goes out to 12 organisations: 11 succeed, one is rolled back, all are online", () => {
  const { organisations, campaign } = report;
  expect(organisations).toHaveLength(12);
  expect(organisations.filter(({ online }) => !online)).toEqual([]);
  const succeeded = organisations.filter(({ outcome }) => outcome === "succeeded");
  expect(succeeded).toHaveLength(11);
  expect(succeeded.filter(({ toVersion }) => toVersion !== campaign.version)).toEqual([]);
  const rolledBack = organisations.find(({ outcome }) => outcome === "rolledBack");
  expect(rolledBack?.toVersion).toBe(rolledBack?.fromVersion);
  expect(campaign.version).not.toBe(rolledBack?.fromVersion);
});

describe("the upgrade", () => {
  test("that was announced 31 days ago succeeds at its four organisations", () => {
    const { upgraded, upgrade } = report;
    expect(upgraded.map(({ outcome, online, toVersion }) => ({ outcome, online, toVersion }))).toEqual(
      Array.from({ length: 4 }, () => ({ outcome: "succeeded", online: true, toVersion: upgrade.version })),
    );
    expect(upgraded.filter(({ fromVersion }) => fromVersion === upgrade.version)).toEqual([]);
  });

  test("that is announced now has told four customers, with calendar files, four weeks ahead", () => {
    const { announcing, upgrade, upgraded, organisations } = report;
    expect(announcing).toMatchObject({ state: "announcing", version: upgrade.version });
    expect(announcing.notices.map(({ status, calendar }) => ({ status, calendar }))).toEqual(
      Array.from({ length: 4 }, () => ({ status: "accepted", calendar: true })),
    );
    const tooLate = announcing.notices.filter(
      ({ start, zone }) => latestNotice({ wallStart: start, zone }) < Date.now(),
    );
    expect(tooLate).toEqual([]);
    const elsewhere = new Set([...upgraded, ...organisations].map(({ organisationId }) => organisationId));
    expect(announcing.notices.filter(({ organisationId }) => elsewhere.has(organisationId))).toEqual([]);
  });
});
