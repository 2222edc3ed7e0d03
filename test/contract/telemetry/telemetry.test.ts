// What the exporter inside a bundle, built as the deployed one, really sends to Application Insights.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBroker } from "../../../local/servicebus/broker.ts";
import { queuesFrom } from "../../../local/servicebus/queues.ts";
import { writeFileAtomically } from "../../../local/support/files.ts";
import { startIngestionSink, type TelemetryItem } from "../../../local/telemetry/sink.ts";
import { bundleApp } from "../../../scripts/build.ts";
import { AVAILABILITY, EXPORTED, METRICS, SPANS } from "../../support/catalogue.ts";
import { eventually } from "../functions-host/fixture.ts";
import type { Progress } from "./app.ts";
import { startFunctions } from "./functions-process.ts";

/** More than the five traces a second that the SDK lets through by itself. */
const BURST = 40;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SECRET = "very-secret-token";

const folder = mkdtempSync(join(tmpdir(), "telemetry-"));
let items: readonly TelemetryItem[] = [];
let refused: readonly string[] = [];

/** The app in the local host, from its first request to the end of its process. */
beforeAll(async () => {
  const { files } = await bundleApp({ entry: "test/contract/telemetry/app.ts", withMaps: false });
  for (const { path, bytes } of files) writeFileAtomically(join(folder, "dist", path), bytes);
  writeFileAtomically(join(folder, "package.json"), JSON.stringify({ type: "module", main: "dist/index.mjs" }));
  writeFileAtomically(join(folder, "host.json"), JSON.stringify({ version: "2.0", telemetryMode: "OpenTelemetry" }));
  const sink = await startIngestionSink({ port: 0 });
  const queues = queuesFrom({ queues: [{ name: "work", lockDuration: "PT10S" }] });
  const broker = await startBroker({ port: 0, managementPort: 0, queues });
  try {
    await useApp({ ServiceBus: broker.connectionString, APPLICATIONINSIGHTS_CONNECTION_STRING: sink.connectionString });
    [items, refused] = [[...sink.items], [...sink.refused]];
  } finally {
    await Promise.all([broker.stop(), sink.stop()]);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function useApp(settings: Readonly<Record<string, string>>): Promise<void> {
  const app = await startFunctions(folder, settings);
  try {
    const headers = { traceparent: `00-${TRACE}-b7ad6b7169203331-01`, authorization: `Bearer ${SECRET}` };
    await fetch(`${app.url}/api/begin?code=${SECRET}`, { method: "POST", headers });
    await Promise.all(Array.from({ length: BURST }, () => fetch(`${app.url}/api/ping`)));
    await eventually("the mail has been sent", async () => {
      const progress: Progress = JSON.parse(await (await fetch(`${app.url}/api/progress`)).text());
      return progress.mails > 0;
    });
  } finally {
    expect(await app.stop(), app.text()).toBe(0);
  }
}

const ofType = (baseType: string): readonly TelemetryItem[] => items.filter(({ data }) => data.baseType === baseType);
const field = ({ data }: TelemetryItem, name: string): string => String(data.baseData[name]);
/** The host's own request spans, beside those of the app. */
const byHost = ({ tags }: TelemetryItem): boolean => tags["ai.cloud.role"] === "host";
const spans = (): readonly TelemetryItem[] =>
  [...ofType("RequestData"), ...ofType("RemoteDependencyData")].filter((span) => !byHost(span));
const inTrace = (item: TelemetryItem): boolean => item.tags["ai.operation.id"] === TRACE;

interface Metric {
  readonly name: string;
  readonly value: number;
  readonly count: number;
}
/** Boundary: Application Insights' MetricData has a list of these. */
const metricsOf = ({ data }: TelemetryItem): readonly Metric[] => data.baseData["metrics"] as Metric[];

describe("what arrives", () => {
  test("is readable and of the kinds that the catalogue has", () => {
    expect(refused).toEqual([]);
    const kinds = new Set(items.map(({ data }) => data.baseType));
    expect([...kinds].toSorted()).toEqual([
      "AvailabilityData",
      "EventData",
      "MetricData",
      "RemoteDependencyData",
      "RequestData",
    ]);
  });

  test("is one connected trace from the caller's request to the mail that a timer sends", () => {
    const trace = spans().filter(inTrace);
    const names = trace.map((span) => field(span, "name")).toSorted();
    expect(names).toEqual(["advance", "begin", "bus send", "control plane begin", "mail send", "table insert"]);
    const ids = new Map(trace.map((span) => [field(span, "id"), span]));
    const parentOf = (name: string): string => {
      const span = trace.find((one) => field(one, "name") === name);
      const parent = span?.tags["ai.operation.parentId"] ?? "";
      const known = ids.get(parent);
      return known === undefined ? parent : field(known, "name");
    };
    expect(Object.fromEntries(names.map((name) => [name, parentOf(name)]))).toEqual({
      begin: "b7ad6b7169203331",
      "table insert": "begin",
      "bus send": "begin",
      advance: "bus send",
      "control plane begin": "advance",
      "mail send": "advance",
    });
  });

  test("lets the mail be found from the timer's run that sent it", () => {
    const mail = spans().find((span) => field(span, "name") === "mail send");
    const [link] = JSON.parse(mail?.data.baseData.properties?.["_MS.links"] ?? "[]") as { id?: string }[];
    const run = ofType("RequestData").find((span) => field(span, "id") === link?.id);
    expect(run === undefined ? "no such run" : field(run, "name")).toBe("send-notices");
  });

  test("misses no request of a burst: nothing is sampled", () => {
    const pings = ofType("RequestData").filter((span) => field(span, "name") === "ping");
    expect(pings).toHaveLength(BURST);
    expect(items.every(({ sampleRate }) => sampleRate === undefined || sampleRate === 100)).toBe(true);
  });

  test("has the metrics of the catalogue and nothing outside it", () => {
    const metrics = ofType("MetricData").flatMap((item) =>
      metricsOf(item).map((metric) => ({ ...metric, attributes: item.data.baseData.properties ?? {} })),
    );
    for (const { name, attributes } of metrics) {
      expect(Object.keys(METRICS)).toContain(name);
      expect(METRICS[name]?.attributes).toEqual(expect.arrayContaining(Object.keys(attributes)));
    }
    const sum = (name: string, what: "value" | "count"): number =>
      metrics.filter((one) => one.name === name).reduce((total, one) => total + one[what], 0);
    expect(sum("dwops.upgrade.moves", "value")).toBe(1);
    expect(sum("dwops.upgrade.offline.duration", "value")).toBe(90);
    expect(sum("dwops.check.duration", "count")).toBe(1);
    expect(sum("dwops.function.duration", "count")).toBeGreaterThanOrEqual(BURST + 3);
  });

  test("has the catalogue's events and spans only, with its attributes only", () => {
    const events = { ...EXPORTED, ...AVAILABILITY };
    for (const item of [...ofType("EventData"), ...ofType("AvailabilityData")]) {
      const entry = events[field(item, "name")];
      expect(entry?.attributes, field(item, "name")).toEqual(
        expect.arrayContaining(Object.keys(item.data.baseData.properties ?? {})),
      );
    }
    expect(ofType("EventData").map((item) => field(item, "name"))).toEqual(["upgrade.moved"]);
    const attributes = new Set<string>(["_MS.links", ...SPANS.flatMap((span) => span.attributes)]);
    for (const span of spans()) {
      for (const name of Object.keys(span.data.baseData.properties ?? {})) expect([...attributes]).toContain(name);
    }
  });

  test("has one availability result per run of the functional suite", () => {
    const results = ofType("AvailabilityData");
    expect(results).toHaveLength(1);
    expect(results[0]?.data.baseData).toMatchObject({
      name: "upgrade-verification",
      success: true,
      duration: "0.00:00:00.020",
      properties: { organisationId: "alpine" },
    });
    expect(results.every(inTrace)).toBe(true);
  });

  test("holds nothing secret and no text of a mail", () => {
    const all = JSON.stringify(items);
    expect(all).not.toContain(SECRET);
    expect(all).not.toContain("private text");
    expect(all).not.toContain("SAS_KEY_VALUE");
  });
});
