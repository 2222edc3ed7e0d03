// One Bicep server for all infra tests of a worker: vitest runs them in one process (vitest.config.ts), so that the slow
// first compile happens once.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startBicep, type BicepServer } from "../../../scripts/bicep/bicep-server.ts";
import { resolveBicep } from "../../../scripts/bicep/resolve-bicep.ts";
import { DEPLOYMENT_ENVIRONMENT, DEPLOYMENT_IDS } from "./environment.ts";
import { PROFILES, ROOT } from "./profiles.ts";
import { readStack, type Stack } from "./stack.ts";

let started: BicepServer | undefined;
const snapshots = new Map<string, Promise<string>>();

export function bicep(): BicepServer {
  started ??= startBicep(resolveBicep(), DEPLOYMENT_ENVIRONMENT);
  return started;
}

/** Snapshot of a profile or variant of the project itself; each is made once. */
export function snapshotOf(name: string): Promise<string> {
  const known = snapshots.get(name);
  if (known !== undefined) return known;
  const made = bicep().snapshot(join(ROOT, profileOf(name).path), DEPLOYMENT_IDS);
  snapshots.set(name, made);
  return made;
}

export const stackOf = async (name: string): Promise<Stack> => readStack(profileOf(name), await snapshotOf(name));

export function profileOf(name: string) {
  const found = PROFILES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no profile ${name}.`);
  return found;
}

export interface Copy {
  readonly root: string;
  /** Replaces a text that must stand in the file, everywhere it stands. */
  edit(path: string, from: string, to: string): void;
  stack(name: string): Promise<Stack>;
  remove(): void;
}

/** A copy of infra/ and the variants in a new folder. */
export function copyOfInfra(): Copy {
  const root = mkdtempSync(join(tmpdir(), "infra-"));
  for (const folder of ["infra", "test/infra/variants"]) {
    mkdirSync(dirname(join(root, folder)), { recursive: true });
    cpSync(join(ROOT, folder), join(root, folder), { recursive: true, filter: (path) => !path.endsWith("golden") });
  }
  return {
    root,
    edit(path, from, to) {
      const text = readFileSync(join(root, path), "utf8");
      if (!text.includes(from)) throw new Error(`${path} has no ${JSON.stringify(from)}: the mutation is out of date.`);
      writeFileSync(join(root, path), text.replaceAll(from, to));
    },
    stack: async (name) =>
      readStack(profileOf(name), await bicep().snapshot(join(root, profileOf(name).path), DEPLOYMENT_IDS)),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
