// Keeps one part running: starts it, waits for it, starts it again when it dies, and knows when to give up.
import { setTimeout as delay } from "node:timers/promises";
import { ClearError } from "../support/clear-error.ts";
import type { Part, StackEvent } from "./part.ts";
import { launch, type PartProcess } from "./part-process.ts";
import { decideRestart } from "./restart-policy.ts";
import type { RotatingLog } from "./rotating-log.ts";
import type { RunFiles } from "./run-files.ts";

export interface KeeperContext {
  readonly cwd: string;
  readonly log: RotatingLog;
  readonly files: RunFiles;
  readonly report: (event: StackEvent) => void;
}

interface Run {
  readonly process: PartProcess;
  /** Why it did not become ready; the process is gone then. */
  readonly failure: string | undefined;
}

export class Keeper {
  readonly part: Part;
  /** Rejects with a ClearError when the part keeps dying; resolves once it was started and stopped. */
  readonly kept: Promise<void>;
  readonly #kept = Promise.withResolvers<void>();
  readonly #context: KeeperContext;
  readonly #stopping = new AbortController();
  #current: PartProcess | undefined;
  #restarts = 0;

  constructor(part: Part, context: KeeperContext) {
    this.part = part;
    this.#context = context;
    this.kept = this.#kept.promise;
    // Nobody may be waiting yet when it rejects.
    this.kept.catch(() => {});
  }

  pid(): number | undefined {
    return this.#current?.pid;
  }

  restarts(): number {
    return this.#restarts;
  }

  /** Resolves at the first readiness or when stopped before. @throws ClearError when the part does not start. */
  async start(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const { process, failure } = await this.#run();
    if (failure === undefined) {
      this.#watch(process).then(this.#kept.resolve, this.#kept.reject);
      return;
    }
    this.#gone(failure);
    this.#kept.resolve();
    if (this.#stopping.signal.aborted) return;
    throw new ClearError(`${this.part.name} did not start: ${failure}.${this.#lastWords()}`);
  }

  /** Resolves when the process is gone and will not come back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#current === undefined) return;
    await this.#current.end();
    await this.kept.catch(() => {});
  }

  async #run(): Promise<Run> {
    const { cwd, log, files, report } = this.#context;
    const begin = performance.now();
    const process = launch(this.part, cwd, log);
    const { pid } = process;
    this.#current = process;
    if (pid !== undefined) files.write(this.part.name, pid);
    report({ kind: "starting", part: this.part.name, pid });
    const failure = await process.becameReady;
    if (failure === undefined) {
      report({ kind: "ready", part: this.part.name, pid, afterMs: performance.now() - begin });
    } else {
      await process.end();
    }
    return { process, failure };
  }

  #gone(reason: string): void {
    this.#current = undefined;
    this.#context.files.remove(this.part.name);
    const expected = this.#stopping.signal.aborted;
    this.#context.report({ kind: "exited", part: this.part.name, reason, expected });
  }

  /** Watches the running process and replaces it until stopped or given up. */
  async #watch(first: PartProcess): Promise<void> {
    const exits: number[] = [];
    let run: Run = { process: first, failure: undefined };
    for (;;) {
      const reason = run.failure ?? `it ended with ${await run.process.exited}`;
      this.#gone(reason);
      if (this.#stopping.signal.aborted) return;
      exits.push(performance.now());
      const decision = decideRestart(exits, performance.now());
      if (decision.kind === "giveUp") {
        const often = `${this.part.name} ended ${decision.exits} times within ${decision.windowMs / 1000} s`;
        throw new ClearError(`${often}, so everything is stopped; the last time ${reason}.${this.#lastWords()}`);
      }
      this.#context.report({ kind: "restarting", part: this.part.name, inMs: decision.delayMs });
      await delay(decision.delayMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted) return;
      this.#restarts += 1;
      run = await this.#run();
    }
  }

  /** What the part said last, and where the rest is. */
  #lastWords(): string {
    const { log } = this.#context;
    const lines = log.lastLines();
    const last = lines.length === 0 ? "It wrote nothing." : `Its last lines: ${lines.join(" | ")}`;
    return ` ${last} (log: ${log.path})`;
  }
}
