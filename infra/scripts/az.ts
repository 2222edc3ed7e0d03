// Runs the Azure CLI. Arguments go to it one by one, never through a shell; answers are JSON.

import { spawnSync } from "node:child_process";

const TIMEOUT_MS = 120_000;

/** One call of `az`; the answer is undefined when it prints nothing. */
export type Az = (args: readonly string[]) => unknown;

/** Something that the person at the keyboard must put right; its message says what. */
export class SetupError extends Error {
  override readonly name = "SetupError";
}

export const az: Az = (args) => {
  const { status, stdout, stderr, error } = spawnSync("az", [...args, "--output", "json", "--only-show-errors"], {
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
  const command = `az ${args.slice(0, 4).join(" ")}`;
  if (error !== undefined) {
    throw new SetupError(`${command} could not be run (${error.message}). Install the Azure CLI and sign in: az login`);
  }
  if (status !== 0) throw new SetupError(`${command} failed: ${stderr.trim()}`);
  return stdout.trim() === "" ? undefined : JSON.parse(stdout);
};

/** Runs a script and ends the process with 1 and a plain message when something must be put right. */
export async function runScript(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
