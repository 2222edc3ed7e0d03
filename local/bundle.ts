// Builds the app's bundle when it is missing or its sources changed since.
import { existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { ClearError, errorText } from "./support/clear-error.ts";
import { writeFileAtomically } from "./support/files.ts";

const SOURCES = ["functions", "shared", "infra/contract", "infra/entra", "scripts", "package-lock.json"];

/** @throws ClearError when the sources do not build. @returns whether it built. */
export async function buildIfOlder(root: string): Promise<boolean> {
  const bundle = join(root, "dist", "index.mjs");
  // Written only after a whole build: a bundle without it may be torn.
  const mark = join(root, ".local", "bundle-built");
  if (existsSync(bundle) && newest(SOURCES.map((name) => join(root, name))) < timeOf(mark)) return false;
  const begun = new Date();
  try {
    const { build } = await import("../scripts/build.ts");
    await build();
  } catch (error) {
    throw new ClearError(`The app does not build: ${errorText(error)}. Run \`npx tsc\` to see what is wrong.`, {
      cause: error,
    });
  }
  writeFileAtomically(mark, "");
  // What is edited while it builds is newer than the bundle.
  utimesSync(mark, begun, begun);
  return true;
}

const timeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newest(paths: readonly string[]): number {
  let latest = 0;
  for (const path of paths) {
    latest = Math.max(latest, timeOf(path));
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
    for (const entry of readdirSync(path, { recursive: true, encoding: "utf8" })) {
      latest = Math.max(latest, timeOf(join(path, entry)));
    }
  }
  return latest;
}
