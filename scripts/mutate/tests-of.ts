// Which unit and property tests reach a function: those that import its file, also by way of other files, and run it.
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, normalize } from "node:path/posix";
import type { Mutant } from "./mutants.ts";
import type { Recorded } from "./worker.ts";

const CACHE = "node_modules/.cache/mutate.json";
/** Of a test file that fails without any change nothing is known: it proves nothing, and is tried again the next time. */
type Reach = { readonly digest: string } & Partial<Recorded>;
type Record = (tests: readonly string[]) => Promise<Readonly<{ [test: string]: Recorded }>>;
export interface Test {
  readonly test: string;
  /** How long it took when it was recorded. */
  readonly ms: number;
}

/** Tells the tests of each mutant, the nearest first. What a test runs is recorded once, until it or what it imports changes. */
export async function testsOf(
  mutants: readonly Mutant[],
  record: Record,
): Promise<(mutant: Mutant) => readonly Test[]> {
  const files = globSync(["{shared,functions,local}/**/*.ts", "test/{unit,property,support,simulation}/**/*.ts"]);
  const sources = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
  const imports = new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]));
  const importers = inverse(imports);
  const near = new Map<string, readonly string[]>();
  for (const { file } of mutants)
    if (!near.has(file)) {
      const tests = reached(file, importers).filter((one) => /^test\/(?:unit|property)\/.*\.test\.ts$/u.test(one));
      near.set(file, tests);
    }
  const digest = (test: string): string =>
    reached(test, imports)
      .toSorted()
      .reduce((hash, file) => hash.update(sources.get(file) ?? ""), createHash("sha256"))
      .digest("hex");
  const known = readCache();
  const tests = [...new Set([...near.values()].flat())].map((test) => ({ test, digest: digest(test) }));
  const stale = tests.filter((one) => known[one.test]?.digest !== one.digest || known[one.test]?.ms === undefined);
  const recorded = stale.length === 0 ? {} : await record(stale.map(({ test }) => test));
  for (const { test, digest: now } of stale) known[test] = { digest: now, ...recorded[test] };
  mkdirSync(dirname(CACHE), { recursive: true });
  writeFileSync(CACHE, JSON.stringify(known));
  for (const { test } of tests)
    if (known[test]?.scopes === undefined) console.log(`left out, as it fails without any change: ${test}`);
  return ({ file, scope }) =>
    (near.get(file) ?? []).flatMap((test) => {
      const { scopes = [], ms = 0 } = known[test] ?? {};
      return scopes.includes(scope) ? [{ test, ms }] : [];
    });
}

function readCache(): { [test: string]: Reach } {
  try {
    return JSON.parse(readFileSync(CACHE, "utf8"));
  } catch {
    return {};
  }
}

const importsOf = (file: string, text: string): readonly string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/gu)].map(([, path = ""]) =>
    normalize(`${dirname(file)}/${path}`),
  );

function inverse(edges: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [from, tos] of edges) for (const to of tos) found.set(to, [...(found.get(to) ?? []), from]);
  return found;
}

/** Breadth first: a set goes on with what is added while it is walked. */
function reached(start: string, edges: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const seen = new Set([start]);
  for (const file of seen) for (const next of edges.get(file) ?? []) seen.add(next);
  return [...seen];
}
