// Child processes of the benchmark: none outlives it, each is awaited with a bound.
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { z } from "zod";

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5000;
const MAX_OUTPUT = 8000;

export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  /** The end of what it wrote, for the message when something is wrong. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts a file of this folder. `onOutput` sees all of its standard output. */
export function startChild(
  file: string,
  args: readonly string[],
  options: { readonly execArgv?: readonly string[]; readonly onOutput?: (chunk: string) => void } = {},
): Child {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    execArgv: [...(options.execArgv ?? [])],
  });
  let output = "";
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-MAX_OUTPUT);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  child.stdout?.on("data", (chunk: Buffer) => options.onOutput?.(chunk.toString()));
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return {
    process: child,
    pid: child.pid ?? 0,
    output: () => output,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** The first message of a child, of the given shape. Rejects when it ends or says nothing for 30 seconds. */
export function firstMessage<T>(child: Child, schema: z.ZodType<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new Error(`A process did not start: ${why}. It said: ${child.output()}`));
    const timer = setTimeout(() => fail(`nothing within ${START_LIMIT_MS} ms`), START_LIMIT_MS);
    child.process.once("error", (error) => fail(error.message));
    child.process.once("exit", (code) => fail(`it ended with code ${code}`));
    child.process.once("message", (message) => {
      clearTimeout(timer);
      const parsed = schema.safeParse(message);
      if (parsed.success) resolve(parsed.data);
      else fail(parsed.error.message);
    });
  });
}
