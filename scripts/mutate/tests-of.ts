// Which unit and property tests import a file, also by way of other files; the nearest first.
import { globSync, readFileSync } from "node:fs";
import { dirname, normalize } from "node:path/posix";

/** Test files by the source file that they import, directly or not. */
export function testsBySource(): (source: string) => readonly string[] {
  const importers = new Map<string, string[]>();
  for (const file of globSync([
    "{shared,functions,local}/**/*.ts",
    "test/{unit,property,support,simulation}/**/*.ts",
  ])) {
    for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/gu)) {
      const target = normalize(`${dirname(file)}/${path}`);
      importers.set(target, [...(importers.get(target) ?? []), file]);
    }
  }
  return (source) => {
    const seen = new Set([source]);
    // A set goes on with what is added while it is walked: breadth first.
    for (const file of seen) for (const importer of importers.get(file) ?? []) seen.add(importer);
    return [...seen].filter((file) => /^test\/(?:unit|property)\/.*\.test\.ts$/u.test(file));
  };
}
