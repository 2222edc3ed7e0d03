// Documents that name things of infra/: they exist, and all of them are named.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import alerts from "../../infra/contract/alerts.json" with { type: "json" };
import { ROOT } from "./support/profiles.ts";
import { FUNCTIONS, QUEUES } from "../../shared/capabilities.ts";

const FOLDER = join(ROOT, "docs/runbooks");
/** Alerts that stand in the templates themselves. */
const BUILT_IN = ["service-health", "failure-anomalies"];

const keys = [
  ...[...alerts.metric, ...alerts.dynamic, ...alerts.log, ...alerts.activity, ...alerts.availability].map(
    ({ key }) => key,
  ),
  ...BUILT_IN,
];
const pages = readdirSync(FOLDER).filter((name) => name !== "README.md");
const read = (name: string): string => readFileSync(join(FOLDER, name), "utf8");

describe("runbooks", () => {
  test("are one page per alert", () => {
    expect(new Set(keys).size).toBe(keys.length);
    expect(pages.toSorted()).toEqual(keys.map((key) => `${key}.md`).toSorted());
  });
  test.each(pages)("%s says what it means, how to look, what to do, when to escalate", (name) => {
    const parts = read(name).split(/^## (.*)$/m);
    expect(parts.filter((_, index) => index % 2 === 1)).toEqual([
      "What it means",
      "How to look",
      "What to do",
      "When to escalate",
    ]);
    for (const text of parts.filter((_, index) => index > 0 && index % 2 === 0))
      expect(text.trim().length).toBeGreaterThan(20);
  });
  test.each(pages)("%s names only alerts, functions and queues that exist", (name) => {
    const known = new Set([...keys, ...FUNCTIONS, ...QUEUES.map((one) => one.name)]);
    const named = [...read(name).matchAll(/`([a-z0-9]+(?:-[a-z0-9]+)+)`/g)].map(([, word]) => word ?? "");
    expect(named.filter((word) => !known.has(word))).toEqual([]);
  });
  test.each(alerts.log)("of $key holds the query of the alert", ({ key }) => {
    expect(read(`${key}.md`)).toContain(readFileSync(join(ROOT, `infra/kql/${key}.kql`), "utf8").trim());
  });
  test("are all in the list", () => {
    const index = read("README.md");
    expect(keys.filter((key) => !index.includes(`(${key}.md)`))).toEqual([]);
  });
  test("have no query without an alert", () => {
    expect(readdirSync(join(ROOT, "infra/kql")).toSorted()).toEqual(
      alerts.log.map(({ key }) => `${key}.kql`).toSorted(),
    );
  });
});

test("docs/deployment.md explains every variable of a deployment", () => {
  const base = readFileSync(join(ROOT, "infra/params/base.bicepparam"), "utf8");
  const text = readFileSync(join(ROOT, "docs/deployment.md"), "utf8");
  const names = [...base.matchAll(/Variable\('(\w+)'/g)].map(([, name]) => name ?? "");
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});

test("README's drawing names functions and queues that exist", () => {
  const drawing = /```mermaid\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1] ?? "";
  const named = new Set(drawing.match(/\b[a-z]+(?:-[a-z]+)+\b/g));
  const known = new Set([...FUNCTIONS, ...QUEUES.map(({ name }) => name)]);
  expect(named.size).toBeGreaterThan(14);
  expect([...named].filter((name) => !known.has(name))).toEqual([]);
});
