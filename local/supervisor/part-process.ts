// One run of a part: from spawn to exit, with its output in the log and its readiness watched.
import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { Part } from "./part.ts";
import type { RotatingLog } from "./rotating-log.ts";

const READY_MS = 60_000;
const STOP_MS = 10_000;
const PROBE_EVERY_MS = 100;

export interface PartProcess {
  readonly pid: number | undefined;
  /** Undefined when the part became usable, else why it did not. Never rejects. */
  readonly becameReady: Promise<string | undefined>;
  /** Why it ended (`exit code 1`, `signal SIGKILL`). Never rejects. */
  readonly exited: Promise<string>;
  /** SIGTERM, then SIGKILL after the part's bound; resolves when the process is gone. */
  end(): Promise<void>;
}

/** Starts the part. It gets an IPC channel that closes when this process dies, so that it can end too. */
export function launch(part: Part, cwd: string, log: RotatingLog): PartProcess {
  log.beginRun();
  const child = spawn(part.command, part.args, {
    cwd,
    env: { ...process.env, ...part.env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Own process group: Ctrl-C reaches only the supervisor, which then stops the parts in order.
    detached: process.platform !== "win32",
  });
  let sawLine = (_line: string): void => {};
  const line = new Promise<void>((resolve) => {
    const { readyWhen } = part;
    if ("line" in readyWhen) sawLine = (text) => (readyWhen.line.test(text) ? resolve() : undefined);
  });
  child.stdout?.on("data", (chunk: Buffer) => log.write(chunk, sawLine));
  child.stderr?.on("data", (chunk: Buffer) => log.write(chunk, sawLine));
  const exited = exitOf(child);
  return {
    pid: child.pid,
    exited,
    becameReady: readiness(part, line, exited),
    async end() {
      child.kill("SIGTERM");
      const bound = new AbortController();
      const kill = delay(part.stopTimeoutMs ?? STOP_MS, undefined, { signal: bound.signal }).then(
        () => child.kill("SIGKILL"),
        () => false,
      );
      await exited;
      bound.abort();
      await kill;
    },
  };
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let reason = "an unknown reason";
    child.on("error", (error) => resolve(`a failed start (${error.message})`));
    child.once("exit", (code, signal) => {
      reason = signal === null ? `exit code ${code ?? "unknown"}` : `signal ${signal}`;
      // Its last output comes after the exit; a grandchild that holds the pipe must not hold us.
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve(reason);
      }, 500).unref();
    });
    child.once("close", () => resolve(reason));
  });
}

async function readiness(part: Part, line: Promise<void>, exited: Promise<string>): Promise<string | undefined> {
  const limitMs = part.readyTimeoutMs ?? READY_MS;
  const stop = new AbortController();
  const timedOut = delay(limitMs, `it was not ready within ${limitMs / 1000} s`, { signal: stop.signal }).catch(
    () => undefined,
  );
  const { readyWhen } = part;
  const ready = "line" in readyWhen ? line : probe(readyWhen.url, stop.signal);
  const outcome = await Promise.race([
    ready.then(() => undefined),
    exited.then((reason) => `it ended with ${reason}`),
    timedOut,
  ]);
  stop.abort();
  return outcome;
}

/** Resolves at the first answer below 500. When told to stop it never resolves: the race is decided already. */
async function probe(url: string, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(2000)]);
    const status = await fetch(url, { signal, redirect: "manual" }).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => undefined,
    );
    if (status !== undefined && status < 500) return;
    await delay(PROBE_EVERY_MS);
  }
  await new Promise<never>(() => {});
}
