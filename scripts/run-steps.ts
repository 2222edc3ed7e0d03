// Runs commands one after the other, each with its output and its time, and stops at the first that fails.

import { spawnSync } from "node:child_process";

export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** False when a step failed: its name has been printed then. */
export function runSteps(steps: readonly Step[]): boolean {
  for (const { name, command, args } of steps) {
    const begun = performance.now();
    const { status, error } = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    if (status !== 0) {
      console.error(`${name}: FAILED after ${seconds} s${error === undefined ? "" : ` (${error.message})`}`);
      return false;
    }
    console.log(`${name}: ok (${seconds} s)`);
  }
  return true;
}
