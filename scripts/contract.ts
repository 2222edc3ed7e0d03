// `npm run contract`: writes what follows from the declarations of the capabilities (shared/capabilities.ts) for readers
// that are no TypeScript. A unit test says when a file is stale.

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { QUEUES, TABLES } from "../shared/capabilities.ts";
import { azureQueue } from "../shared/platform/resources.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** Path from the root of the project -> text. */
export function contractFiles(): ReadonlyMap<string, string> {
  return new Map([["infra/contract/app.json", json(forBicep())]]);
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const forBicep = () => ({
  tables: TABLES.map(({ name }) => name),
  queues: QUEUES.map(azureQueue),
});

/** The files that are not as they should be. */
export const staleFiles = (): readonly string[] =>
  [...contractFiles()].flatMap(([path, text]) => (readFileSync(join(ROOT, path), "utf8") === text ? [] : [path]));

if (import.meta.main) for (const [path, text] of contractFiles()) writeFileSync(join(ROOT, path), text);
