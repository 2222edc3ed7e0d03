// The rooms of the product and which of them each may use: `npm run check` holds every import to this table, type imports
// included. docs/layout.md says why.

import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { parseSync } from "oxc-parser";
import { CAPABILITIES } from "../shared/capabilities.ts";

const LIST = "shared/capabilities.ts";

/** Packages that belong to the outside world, and the room that may name them. */
const OUTSIDE = [/^@azure\/(?!functions$)/u, /^undici$/u, /^node:(?!crypto$|util$)/u] as const;
const OUTSIDE_OF_TESTS = /^(?:local|test|bench|scripts|tools)\//u;

export interface Breach {
  readonly file: string;
  readonly imports: string;
  /** What is wrong and what to do. */
  readonly why: string;
}

/** A file of the repository, e.g. `shared/upgrades/core/decide.ts`, and what it imports as written. */
export interface Source {
  readonly file: string;
  readonly imports: readonly string[];
}

export function breachesOf(sources: readonly Source[]): readonly Breach[] {
  const product = sources.filter(({ file }) => /^(?:shared|functions)\//u.test(file));
  const breaches = product.flatMap(({ file, imports }) =>
    imports.flatMap((written) => {
      const target = written.startsWith(".") ? posix.join(dirname(file), written) : written;
      const why = whyNot(file, target);
      return why === undefined ? [] : [{ file, imports: written, why }];
    }),
  );
  return [...breaches, ...circlesIn(product)];
}

const roomOf = (path: string): string => path.split("/").slice(0, 2).join("/");
const rankOf = (path: string): number => CAPABILITIES.findIndex((name) => roomOf(path) === `shared/${name}`);

function whyNot(file: string, target: string): string | undefined {
  if (OUTSIDE_OF_TESTS.test(target)) return "the product never depends on local/, test/, bench/ or scripts/";
  if (file.startsWith("functions/")) return undefined;
  if (target.startsWith("functions/")) return "nothing depends on functions/, which composes the app";
  if (target === "@azure/functions" && !file.startsWith("shared/platform/"))
    return "the Functions SDK is named in functions/ and shared/platform/ only";
  if (OUTSIDE.some((pattern) => pattern.test(target)) && !file.startsWith("shared/platform/"))
    return "the outside world is named in shared/platform/ only; take a port";
  if (file === LIST)
    return rankOf(target) < 0 || /\/(?:settings|problems|signals|resources)\.ts$/u.test(target)
      ? undefined
      : "the list of capabilities reads their declarations only";
  if (target === LIST) return "only functions/ sees all capabilities";
  const core = /^shared\/[^/]+\/core\//u.exec(file)?.[0];
  if (core !== undefined && !isPure(target, core)) return "core/ uses the kernel and its own files only";
  if (file.startsWith("shared/kernel/") && isOutsideKernel(target)) return "the kernel knows nothing else";
  if (/^shared\/(?:platform|docuware)\//u.test(file) && rankOf(target) >= 0)
    return "the platform and the clients know no capability";
  if (file.startsWith("shared/platform/") && target.startsWith("shared/docuware/"))
    return "the platform knows no client of DocuWare";
  if (rankOf(file) >= 0 && rankOf(target) > rankOf(file))
    return `${roomOf(target)} stands above ${roomOf(file)} (order: ${CAPABILITIES.join(" < ")})`;
  if (rankOf(file) < 0 && !/^shared\/(?:kernel|platform|docuware)\//u.test(file))
    return `${roomOf(file)} is no room of this house: name it in shared/capabilities.ts`;
  return undefined;
}

const isPure = (target: string, core: string): boolean =>
  target.startsWith("shared/")
    ? target.startsWith("shared/kernel/") || target.startsWith(core)
    : !target.startsWith("node:");

const isOutsideKernel = (target: string): boolean =>
  target.startsWith("node:") || (target.startsWith("shared/") && !target.startsWith("shared/kernel/"));

/** Files that reach each other, type imports included: one breach for each circle. */
function circlesIn(sources: readonly Source[]): readonly Breach[] {
  const next = new Map(
    sources.map(({ file, imports }) => [
      file,
      imports.filter((written) => written.startsWith(".")).map((written) => posix.join(dirname(file), written)),
    ]),
  );
  const done = new Set<string>();
  const breaches: Breach[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      const circle = [...path.slice(at), file];
      breaches.push({ file, imports: circle[1] ?? file, why: `a circle: ${circle.join(" -> ")}` });
      return;
    }
    if (done.has(file)) return;
    for (const target of next.get(file) ?? []) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) walk(file, []);
  return breaches;
}

/** Every import and re-export of a file, as written. */
export function importsOf(file: string, code: string): readonly string[] {
  const { module } = parseSync(file, code);
  return [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest.value])),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) => code.slice(moduleRequest.start + 1, moduleRequest.end - 1)),
  ];
}

export function sourcesIn(root: string): readonly Source[] {
  return globSync(["shared/**/*.ts", "functions/**/*.ts"], { cwd: root }).map((file) => ({
    file,
    imports: importsOf(file, readFileSync(join(root, file), "utf8")),
  }));
}

if (import.meta.main) {
  const breaches = breachesOf(sourcesIn(process.cwd()));
  for (const { file, imports, why } of breaches) console.error(`${file} imports ${imports}: ${why}`);
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
