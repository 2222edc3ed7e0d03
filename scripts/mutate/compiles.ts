// Which mutants the compiler refuses. Asked only of those that no test notices.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { mutated, type Mutant } from "./mutants.ts";

/**
 * Each mutant stands beside the file that it changes, in a copy of the sources, so that the compiler runs once for all.
 * What a mutant breaks in the files that use it stays unseen.
 */
export function refusedByCompiler(mutants: readonly Mutant[]): ReadonlySet<Mutant> {
  const copy = mkdtempSync(join(tmpdir(), "mutants-"));
  try {
    for (const part of ["shared", "tsconfig.json", "package.json"]) cpSync(part, join(copy, part), { recursive: true });
    symlinkSync(resolve("node_modules"), join(copy, "node_modules"));
    const files = mutants.map((mutant, index) => mutant.file.replace(/\.ts$/u, `.mutant${index}.ts`));
    for (const [index, mutant] of mutants.entries()) writeFileSync(join(copy, files[index] ?? ""), mutated(mutant));
    const config = { extends: "./tsconfig.json", include: [], files };
    writeFileSync(join(copy, "tsconfig.mutants.json"), JSON.stringify(config));
    const tsc = ["node_modules/.bin/tsc", "--pretty", "false", "--project", "tsconfig.mutants.json"] as const;
    const { stdout } = spawnSync(tsc[0], tsc.slice(1), { cwd: copy, encoding: "utf8" });
    return new Set(mutants.filter((_, index) => stdout.includes(`${files[index]}(`)));
  } finally {
    rmSync(copy, { recursive: true });
  }
}
