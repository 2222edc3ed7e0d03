// A bare cut of text is a lint error: planted breaches are found, in every form in which text can be cut, and lists are left
// alone. Runs the real linter with the project's own rules on a small project elsewhere.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../../..");
const LINES = {
  breaches: [
    "export const a = (text: string) => text.slice(0, 300);",
    "export const b = (text: string) => text.substring(0, 300);",
    "export const c = (text: string) => text.substr(0, 300);",
    "export const d = (error: Error) => `${error.name}: ${error.message}`.slice(0, 300);",
    "export const e = (text: string | undefined) => text?.slice(-5);",
    "export const f = (all: readonly string[]) => all.map((one) => one.trim().slice(1));",
    'export const g = (text: string) => text["slice"](0, 3);',
  ],
  lists: [
    "export const h = (all: readonly string[]) => all.slice(0, 3);",
    "export const i = (bytes: Uint8Array) => bytes.slice(0, 3);",
  ],
};

let project = "";
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "bare-cuts-"));
  copyFileSync(join(ROOT, ".oxlintrc.json"), join(project, ".oxlintrc.json"));
  mkdirSync(join(project, "shared"));
  const compilerOptions = { target: "es2024", lib: ["es2024"], types: [], strict: true, noEmit: true };
  const include = ["shared", join(ROOT, "shared/kernel/bare-cuts.d.ts")];
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include }));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Numbers of the lines that the linter names. */
function breachesIn(lines: readonly string[]): readonly number[] {
  writeFileSync(join(project, "shared/planted.ts"), `${lines.join("\n")}\n`);
  const args = [join(ROOT, "node_modules/oxlint/bin/oxlint"), "--type-aware", "--format", "unix", "shared"];
  const { stdout } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
  return [...stdout.matchAll(/planted\.ts:(\d+):.*no-deprecated/g)].map(([, line]) => Number(line));
}

describe("a bare cut of text", () => {
  test("is found in every form", () => {
    expect(breachesIn(LINES.breaches)).toEqual(LINES.breaches.map((_, index) => index + 1));
  });

  test("is none where a list is meant", () => {
    expect(breachesIn([...LINES.lists, ...LINES.breaches])[0]).toBe(LINES.lists.length + 1);
  });
});
