// Breaches of docs/layout.md, one of each kind, planted: each must be found, and the code itself has none.

import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { breachesOf, importsOf, sourcesIn } from "../../../scripts/layers.ts";

const PLANTED: readonly (readonly [kind: string, file: string, code: string])[] = [
  ["the product uses a test's helper", "shared/checks/a.ts", 'import { x } from "../../test/support/x.ts";'],
  ["the product uses the local stack", "functions/a.ts", 'import { x } from "../local/x.ts";'],
  ["the product uses a script", "shared/platform/a.ts", 'const { x } = await import("../../scripts/x.ts");'],
  ["the kernel uses the platform", "shared/kernel/a.ts", 'import type { Clock } from "../platform/clock/clock.ts";'],
  ["the kernel uses Node", "shared/kernel/a.ts", 'import { readFileSync } from "node:fs";'],
  ["core uses a file beside it", "shared/upgrades/core/a.ts", 'import type { Store } from "../store/store.ts";'],
  [
    "core uses another core",
    "shared/upgrades/core/a.ts",
    'export type { Notice } from "../../notices/core/notice.ts";',
  ],
  [
    "core uses the platform",
    "shared/upgrades/core/a.ts",
    'import type { Log } from "../../platform/telemetry/log.ts";',
  ],
  ["core uses Node", "shared/checks/core/a.ts", 'import { createHash } from "node:crypto";'],
  [
    "the platform knows a capability",
    "shared/platform/http/a.ts",
    'import type { Check } from "../../checks/check.ts";',
  ],
  ["the platform knows DocuWare", "shared/platform/a.ts", 'import type { X } from "../docuware/json-body.ts";'],
  ["a client of DocuWare knows a capability", "shared/docuware/a.ts", 'import { x } from "../organisations/store.ts";'],
  [
    "a lower capability uses a higher one",
    "shared/incidents/a.ts",
    'import type { N } from "../notices/core/notice.ts";',
  ],
  ["somebody uses functions/", "shared/checks/a.ts", 'import { x } from "../../functions/adapters.ts";'],
  ["an Azure SDK in a capability", "shared/audit/a.ts", 'import type { TableClient } from "@azure/data-tables";'],
  ["the Functions SDK in a capability", "shared/audit/a.ts", 'import type { HttpRequest } from "@azure/functions";'],
  ["undici in a capability", "shared/webhooks/a.ts", 'import { request } from "undici";'],
  ["the network in a capability", "shared/webhooks/a.ts", 'import { lookup } from "node:dns/promises";'],
  ["a capability sees all of them", "shared/checks/a.ts", 'import { QUEUES } from "../capabilities.ts";'],
  ["the list of capabilities does more", "shared/capabilities.ts", 'import { checkStore } from "./checks/store.ts";'],
  ["a room that nobody has named", "shared/misc/a.ts", 'import { x } from "../kernel/text.ts";'],
];

describe("layers", () => {
  it.each(PLANTED)("finds it when %s", (_, file, code) => {
    expect(breachesOf([{ file, imports: importsOf(file, code) }])).toHaveLength(1);
  });

  it("finds circles, also those of types alone", () => {
    const a = { file: "shared/checks/a.ts", imports: importsOf("a.ts", 'import type { B } from "./b.ts";') };
    const b = { file: "shared/checks/b.ts", imports: importsOf("b.ts", 'export { a } from "./a.ts";') };
    expect(breachesOf([a, b]).map(({ why }) => why)).toEqual([
      "a circle: shared/checks/a.ts -> shared/checks/b.ts -> shared/checks/a.ts",
    ]);
  });

  it("lets through what the table allows", () => {
    const imports = [
      "../kernel/text.ts",
      "../platform/bus/bus.ts",
      "../docuware/json-body.ts",
      "zod",
      "./core/check.ts",
    ];
    expect(breachesOf([{ file: "shared/checks/a.ts", imports }])).toEqual([]);
  });

  it("finds none in the code", () => {
    const sources = sourcesIn(resolve(import.meta.dirname, "../../.."));
    expect(sources.length).toBeGreaterThan(200);
    expect(breachesOf(sources)).toEqual([]);
  });
});
