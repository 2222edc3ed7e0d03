// `npm start -- --once --json`: what it promises is in its report, everything in the report is right, and
// its telemetry tells the same story.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startIngestionSink, type IngestionSink, type TelemetryItem } from "../../local/telemetry/sink.ts";
import { latestNotice } from "../../shared/kernel/time/notice.ts";
import { noticeOperationId } from "../../shared/notices/compose-mail.ts";
import { EXPORTED, METRICS } from "../support/catalogue.ts";
import { portsFrom, startSample, type SampleReport } from "../support/sample-run.ts";

let sink: IngestionSink;
let code: number | null;
let report: SampleReport;
let output: string;

beforeAll(async () => {
  sink = await startIngestionSink({ port: 0 });
  const telemetry = { APPLICATIONINSIGHTS_CONNECTION_STRING: sink.connectionString };
  const run = startSample(["--once", "--json"], { ...portsFrom(27_000), ...telemetry });
  const ended = await run.ended;
  if (ended.report === undefined) throw new Error(`There is no report:\n${run.output().slice(-3000)}`);
  ({ code } = ended);
  ({ report } = ended);
  output = run.output();
});
afterAll(() => sink.stop());

/** Without what differs from run to run: the folder, ids of campaigns, numbers. */
const unvarying = (text: string): readonly string[] =>
  text.split("\n").map((line) =>
    line
      .replace(/logs in \S+\)/, "logs in FOLDER)")
      .replaceAll(/\bc-[\w-]+/g, "c-ID")
      .replaceAll(/\d+(?:\.\d+)?/g, "N"),
  );

test("one sees what README shows, up to the addresses of a stack that stays up", () => {
  const shown = /```console\n([\s\S]*?)\nEverything stays up/.exec(readFileSync("README.md", "utf8"))?.[1] ?? "";
  const lines = unvarying(shown).filter((line) => line !== "..." && !line.startsWith("$ "));
  expect(lines.length).toBeGreaterThan(20);
  const seen = new Set(unvarying(output));
  expect(lines.filter((line) => !seen.has(line))).toEqual([]);
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

const ofType = (...types: readonly string[]): readonly TelemetryItem[] =>
  sink.items.filter(({ data }) => types.includes(data.baseType));
const field = ({ data }: TelemetryItem, name: string): string => String(data.baseData[name]);
const property = ({ data }: TelemetryItem, name: string): string | undefined => data.baseData.properties?.[name];

describe("its telemetry, at an ingestion sink", () => {
  test("the rolled-back upgrade belongs to one connected trace that begins with an HTTP call", () => {
    const end = ofType("EventData").filter((event) => property(event, "to") === "rolledBack");
    expect(end).toHaveLength(1);
    const traceId = end[0]?.tags["ai.operation.id"];
    const trace = ofType("RequestData", "RemoteDependencyData").filter(
      (span) => span.tags["ai.operation.id"] === traceId,
    );
    const ids = new Set(trace.map((span) => field(span, "id")));
    const roots = trace.filter((span) => !ids.has(span.tags["ai.operation.parentId"] ?? ""));
    expect(roots.map((span) => property(span, "trigger"))).toEqual(["http"]);
    const organisationId = end[0] === undefined ? "" : property(end[0], "organisationId");
    const actions = trace
      .filter((span) => property(span, "organisationId") === organisationId)
      .map((span) => property(span, "action"));
    expect(actions).toEqual(
      expect.arrayContaining(["takeOffline", "createRestorePoint", "upgrade", "restore", "bringOnline"]),
    );
    // Sent by a timer, each mail continues the trace of whoever asked for it, up to the one that ends the story.
    const noticeId = `${report.campaign.campaignId}:${organisationId}:rollBack:0`;
    const mails = trace
      .filter((span) => field(span, "name") === "mail send")
      .map((span) => property(span, "operationId"));
    expect(mails).toContain(noticeOperationId({ noticeId, mailNumber: 1 }));
  });

  test("there is one availability result per functional check, and one per verification", () => {
    const results = ofType("AvailabilityData");
    const checks = results.filter((result) => field(result, "name") === "functional-check");
    // Those of the run, and one more for each organisation that was upgraded: its ring's gate asks for it.
    const { passed, failed } = report.functionalChecks;
    expect(checks.length).toBeGreaterThanOrEqual(passed + failed);
    const ids = results.map((result) => field(result, "id"));
    expect(new Set(ids).size).toBe(ids.length);
    expect(results.length - checks.length).toBeGreaterThanOrEqual(report.organisations.length);
  });

  test("nothing outside the catalogue arrives, and the moves are counted", () => {
    expect(sink.refused).toEqual([]);
    for (const event of ofType("EventData")) expect(Object.keys(EXPORTED)).toContain(field(event, "name"));
    /** Boundary: Application Insights' MetricData has a list of these. */
    const metrics = ofType("MetricData").flatMap(
      ({ data }) => data.baseData["metrics"] as { name: string; value: number }[],
    );
    for (const { name } of metrics) expect(Object.keys(METRICS)).toContain(name);
    const moves = metrics
      .filter(({ name }) => name === "dwops.upgrade.moves")
      .reduce((sum, { value }) => sum + value, 0);
    expect(moves).toBe(ofType("EventData").filter((event) => field(event, "name") === "upgrade.moved").length);
  });
});
