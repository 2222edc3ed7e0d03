// Runs a set of parts as one stack: each a process of its own, started in the order of their needs, restarted when it
// dies, stopped in reverse order. Invariants:
// S1 a part starts only when all its needs were ready once;
// S2 after stop(), a failed start or a crash loop no part's process is left;
// S3 when this process is killed, the parts notice by their closed IPC channel and end by themselves.
import { join } from "node:path";
import { ClearError, errorText } from "../support/clear-error.ts";
import { Keeper } from "./keeper.ts";
import type { Part, StackEvent } from "./part.ts";
import { requirePorts } from "./port-check.ts";
import { openLog, type RotatingLog } from "./rotating-log.ts";
import { claimRun, STACK, type RunFiles } from "./run-files.ts";

export interface StackOptions {
  /** Holds logs/ and run/. */
  readonly dataDir: string;
  /** Working directory of the parts; default this process's. */
  readonly cwd?: string;
  readonly onEvent?: (event: StackEvent) => void;
  /** Runs once this stack owns its data and its ports are free, before any part starts. */
  readonly prepare?: () => Promise<void>;
  /** Aborting it while the stack starts stops what has started; startStack then rejects. */
  readonly signal?: AbortSignal;
}

export interface Stack {
  /** Stops all parts in reverse order; may be called again. */
  stop(): Promise<void>;
  /** The process id of a part, undefined while it is down. */
  pidOf(part: string): number | undefined;
  /** How often a part was started again. */
  restartsOf(part: string): number;
  /** Resolves when no part runs any more: undefined after stop(), else why the stack gave up. */
  readonly ended: Promise<ClearError | undefined>;
}

/**
 * Starts the parts and resolves when all are ready.
 * @throws ClearError, after stopping what had started, when a port is taken, another stack runs on the same data or a
 * part does not become ready.
 */
export async function startStack(parts: readonly Part[], options: StackOptions): Promise<Stack> {
  const order = inOrder(parts);
  const files = await claimRun(options.dataDir);
  try {
    await requirePorts(order);
    await options.prepare?.();
  } catch (error) {
    files.release();
    throw error;
  }
  const running = createRunning(order, options, files);
  try {
    await startAll(running.keepers, options.signal);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running.stack;
}

/** The parts so that each comes after its needs. @throws ClearError for a name twice, an unknown need or a circle. */
function inOrder(parts: readonly Part[]): readonly Part[] {
  const byName = new Map(parts.map((part) => [part.name, part]));
  if (byName.size !== parts.length || byName.has(STACK)) {
    throw new ClearError(`Each part needs a name of its own, and none may be called ${STACK}.`);
  }
  const ordered = new Set<Part>();
  const visit = (part: Part, path: readonly string[]): void => {
    if (ordered.has(part)) return;
    if (path.includes(part.name)) throw new ClearError(`Parts need each other in a circle: ${path.join(", ")}.`);
    for (const name of part.needs ?? []) {
      const need = byName.get(name);
      if (need === undefined) throw new ClearError(`${part.name} needs the part ${name}, which does not exist.`);
      visit(need, [...path, part.name]);
    }
    ordered.add(part);
  };
  for (const part of parts) visit(part, []);
  return [...ordered];
}

interface Running {
  readonly keepers: readonly Keeper[];
  readonly stack: Stack;
  stop(): Promise<void>;
}

function createRunning(order: readonly Part[], options: StackOptions, files: RunFiles): Running {
  const logs: RotatingLog[] = [];
  const keepers = order.map((part) => {
    const log = openLog(join(options.dataDir, "logs", `${part.name}.log`));
    logs.push(log);
    const report = options.onEvent ?? (() => {});
    return new Keeper(part, { cwd: options.cwd ?? process.cwd(), log, files, report });
  });
  const ended = Promise.withResolvers<ClearError | undefined>();
  let stopped: Promise<void> | undefined;
  const stop = (reason?: ClearError): Promise<void> => {
    const end = async (): Promise<void> => {
      for (const keeper of keepers.toReversed()) await keeper.stop();
      for (const log of logs) log.close();
      files.release();
      ended.resolve(reason);
    };
    stopped ??= end();
    return stopped;
  };
  for (const keeper of keepers) {
    keeper.kept.catch((error: unknown) =>
      stop(error instanceof ClearError ? error : new ClearError(`${keeper.part.name}: ${errorText(error)}`)),
    );
  }
  const find = (name: string): Keeper | undefined => keepers.find((keeper) => keeper.part.name === name);
  const stack: Stack = {
    stop: () => stop(),
    pidOf: (name) => find(name)?.pid(),
    restartsOf: (name) => find(name)?.restarts() ?? 0,
    ended: ended.promise,
  };
  return { keepers, stack, stop: () => stop() };
}

async function startAll(keepers: readonly Keeper[], signal: AbortSignal | undefined): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = (): void => aborted.reject(new ClearError("The start was interrupted; everything is stopped."));
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  const ready = new Map<string, Promise<void>>();
  for (const keeper of keepers) {
    const needs = (keeper.part.needs ?? []).flatMap((name) => ready.get(name) ?? []);
    // The failure of a need is reported once, by itself; what waits for it never starts.
    const started = Promise.all(needs).then(() => keeper.start());
    started.catch(() => {});
    ready.set(keeper.part.name, started);
  }
  try {
    await Promise.race([Promise.all(ready.values()), aborted.promise]);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
