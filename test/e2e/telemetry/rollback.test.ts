// The running system with an ingestion sink: what is reported of a campaign in which one upgrade is rolled back.

import { afterAll, beforeAll, expect, test } from "vitest";
import { startIngestionSink, type IngestionSink, type TelemetryItem } from "../../../local/telemetry/sink.ts";
import { EVENTS, METRICS } from "../../../shared/platform/telemetry/catalogue.ts";
import { operationIdOf } from "../../../shared/notices/compose-mail.ts";
import { portsFrom, startSample, type SampleReport } from "../../support/sample-run.ts";

let sink: IngestionSink;
let report: SampleReport | undefined;

beforeAll(async () => {
  sink = await startIngestionSink({ port: 0 });
  const telemetry = { APPLICATIONINSIGHTS_CONNECTION_STRING: sink.connectionString };
  const run = startSample(["--once", "--json"], { ...portsFrom(27_600), ...telemetry });
  const ended = await run.ended;
  expect(ended.code, run.output()).toBe(0);
  report = ended.report;
});

afterAll(() => sink.stop());

const ofType = (...types: readonly string[]): readonly TelemetryItem[] =>
  sink.items.filter(({ data }) => types.includes(data.baseType));
const field = ({ data }: TelemetryItem, name: string): string => String(data.baseData[name]);
const property = ({ data }: TelemetryItem, name: string): string | undefined => data.baseData.properties?.[name];

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
  const noticeId = `${report?.campaign.campaignId}:${organisationId}:rollBack:0`;
  const mails = trace
    .filter((span) => field(span, "name") === "mail send")
    .map((span) => property(span, "operationId"));
  expect(mails).toContain(operationIdOf({ noticeId, mailNumber: 1 }));
});

test("there is one availability result per functional check, and one per verification", () => {
  const results = ofType("AvailabilityData");
  const checks = results.filter((result) => field(result, "name") === "functional-check");
  // Those of the run, and one more for each organisation that was upgraded: its ring's gate asks for it.
  const { passed = Infinity, failed = 0 } = report?.functionalChecks ?? {};
  expect(checks.length).toBeGreaterThanOrEqual(passed + failed);
  const ids = results.map((result) => field(result, "id"));
  expect(new Set(ids).size).toBe(ids.length);
  expect(results.length - checks.length).toBeGreaterThanOrEqual(report?.organisations.length ?? Infinity);
});

test("nothing outside the catalogue arrives, and the moves are counted", () => {
  expect(sink.refused).toEqual([]);
  for (const event of ofType("EventData")) expect(Object.keys(EVENTS)).toContain(field(event, "name"));
  /** Boundary: Application Insights' MetricData has a list of these. */
  const metrics = ofType("MetricData").flatMap(
    ({ data }) => data.baseData["metrics"] as { name: string; value: number }[],
  );
  for (const { name } of metrics) expect(Object.keys(METRICS)).toContain(name);
  const moves = metrics.filter(({ name }) => name === "dwops.upgrade.moves").reduce((sum, { value }) => sum + value, 0);
  expect(moves).toBe(ofType("EventData").filter((event) => field(event, "name") === "upgrade.moved").length);
});
