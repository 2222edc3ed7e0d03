// The catalogue of events against what arrives, who emits it and who asks for it. A query for something that nobody emits
// is lawful KQL and never finds anything; an event that nobody asks for is paid for in vain.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import alerts from "../../../infra/contract/alerts.json" with { type: "json" };
import workbook from "../../../infra/workbook.json" with { type: "json" };
import { EVENTS } from "../../../shared/capabilities.ts";
import type { EventSignal } from "../../../shared/platform/telemetry/events.ts";
import { logTo, toTelemetry } from "../../../shared/platform/telemetry/log.ts";
import { namesIn, queryProblems } from "../../infra/support/kql.ts";
import { EXPORTED, METRICS } from "../../support/catalogue.ts";
import { memoryTelemetry } from "../../support/memory/memory-telemetry.ts";

const ROOT = join(import.meta.dirname, "../../..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const SAMPLES = { text: "t", number: 1, ms: 1, flag: true, error: new Error("e"), data: {} };
const catalogue: Readonly<Record<string, EventSignal>> = EVENTS;

/** One of each, with all its attributes. */
function everyEvent() {
  const telemetry = memoryTelemetry();
  const log = logTo(catalogue, toTelemetry(telemetry));
  for (const [name, { attributes }] of Object.entries(catalogue)) {
    const kinds = Object.entries(attributes).map(([key, kind]) => [
      key,
      new Map(Object.entries(SAMPLES)).get(kind.replace("?", "")),
    ]);
    log.event(name, Object.fromEntries(kinds));
  }
  return telemetry;
}

describe("what arrives of every event", () => {
  const { events, metrics } = everyEvent();

  test("are the exported ones, with the attributes that queries may ask for", () => {
    const arrived = Object.fromEntries(
      events.map(({ name, attributes }) => [name, { attributes: Object.keys(attributes) }]),
    );
    expect(arrived).toEqual(EXPORTED);
  });
  test("are metrics with exactly their attributes", () => {
    expect(metrics.length).toBeGreaterThan(15);
    for (const { name, attributes } of metrics)
      expect([name, Object.keys(attributes)]).toEqual([name, METRICS[name]?.attributes]);
  });
});

describe("the declarations", () => {
  const files = globSync("shared/**/signals.ts", { cwd: ROOT });
  const declared = files.flatMap((file) =>
    [...read(file).matchAll(/^ {2}"(\w+\.\w+)":/gm)].map(([, name]) => name ?? ""),
  );

  test("are all in the catalogue, each once", () => {
    expect(declared.toSorted()).toEqual(Object.keys(EVENTS).toSorted());
  });
  test("are all emitted", () => {
    const code = globSync(["shared/**/*.ts", "functions/**/*.ts"], { cwd: ROOT, exclude: files }).map(read);
    const isEmitted = (name: string): boolean => {
      const [subject = "", outcome = ""] = name.split(".");
      return code.some(
        (text) => text.includes(`"${name}"`) || (text.includes(`\`${subject}.\${`) && text.includes(`"${outcome}"`)),
      );
    };
    expect(Object.keys(EVENTS).filter((name) => !isEmitted(name))).toEqual([]);
  });
});

const dimensionsOf = new Map(alerts.log.map(({ key, dimensions }) => [`infra/kql/${key}.kql`, dimensions]));
const kql = globSync("infra/kql/*.kql", { cwd: ROOT }).map(
  (file) => [file, read(file), dimensionsOf.get(file) ?? []] as const,
);
const tiles = JSON.stringify(workbook.items, undefined, 1)
  .split("\n")
  .flatMap((line) => /^\s*"query": (".*"),?$/.exec(line)?.[1] ?? [])
  .map((quoted, index) => [`workbook ${index + 1}`, String(JSON.parse(quoted)), []] as const);
const docs = globSync("docs/**/*.md", { cwd: ROOT }).flatMap((file) =>
  [...read(file).matchAll(/`(App\w+ \|[^`]*)`/g)].map(([, query]) => [file, query ?? "", []] as const),
);
const queries = [...kql, ...tiles, ...docs];

describe("queries of alerts, workbook and docs", () => {
  test("are found", () => {
    expect([kql.length, tiles.length, docs.length].every((count) => count > 3)).toBe(true);
  });
  test.each(queries)("%s asks only for what arrives", (_, query, dimensions) => {
    expect(queryProblems(query, dimensions)).toEqual([]);
  });
  test("ask for every exported event", () => {
    const asked = new Set(queries.flatMap(([, query]) => namesIn(query)));
    expect(Object.keys(EXPORTED).filter((name) => !asked.has(name))).toEqual([]);
  });
});
