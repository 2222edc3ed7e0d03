// The local Functions host on a folder, as a process whose end can be asked for and waited for.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { eventually } from "../functions-host/fixture.ts";

const MAIN = resolve(import.meta.dirname, "../../../local/main.ts");

export interface FunctionsProcess {
  /** e.g. `http://127.0.0.1:41234`. */
  readonly url: string;
  /** How many functions the host runs, and how many are in error. */
  readonly functions: number;
  readonly inError: number;
  /** What was printed so far. */
  text(): string;
  /** SIGTERM; resolves with the exit code, after 30 seconds by force. */
  stop(): Promise<number | null>;
}

/** Resolves when the host is ready. @throws Error with what the host printed when it is not within 30 seconds. */
export async function startFunctions(
  appRoot: string,
  settings: Readonly<Record<string, string>>,
  node = process.execPath,
): Promise<FunctionsProcess> {
  const args = [MAIN, "functions", "--port", "0", "--app", appRoot, "--data", join(appRoot, "data")];
  const child = spawn(node, args, { env: { ...process.env, ...settings }, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", (chunk) => (text += String(chunk)));
  child.stderr.on("data", (chunk) => (text += String(chunk)));
  const ended = once(child, "exit");
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), 30_000);
    await ended;
    clearTimeout(force);
    return child.exitCode;
  };
  try {
    const [, url = "", functions, inError] = await eventually(
      "the host is ready",
      () => {
        if (child.exitCode !== null) throw new Error(`The host ended with code ${child.exitCode}.`);
        return /functions ready on (http:\S+) \((\d+) functions, (\d+) in error\)/u.exec(text) ?? undefined;
      },
      30_000,
    );
    return { url, functions: Number(functions), inError: Number(inError), text: () => text, stop };
  } catch (error) {
    await stop();
    throw new Error(`The host did not start. It printed: ${text.slice(-2000)}`, { cause: error });
  }
}
