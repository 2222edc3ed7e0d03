// Every call of a port waits at a gate until the scheduler lets it through and says how it goes. Between two gates the
// code under test runs alone, so the order in which gates are opened is the whole interleaving.

import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";

/** The process died: whatever it had in memory is gone. The outcome of a task; the code under test never sees it. */
export class Crash extends Error {
  override readonly name = "Crash";
}

/** Injected: in the product's eyes a failure for good like any other. */
export class Refused extends PermanentFailure {
  constructor(call: string) {
    super(`${call} was refused for ever.`);
  }
}

/** How a call goes; `lost`: it never arrived, `done`: it took effect, but its answer did not arrive. */
export type Fate =
  | { readonly kind: "go" }
  | { readonly kind: "crash"; readonly effect: "lost" | "done" }
  | { readonly kind: "fail"; readonly effect: "lost" | "done"; readonly retryAfterMs?: number }
  /** It fails for good: the store refuses the row, the code throws. */
  | { readonly kind: "refuse"; readonly effect: "lost" };

/** Something that runs code: a worker, a coordinator, a timer, an operator. At most one task at a time. */
export interface Actor {
  readonly name: string;
  task: Task | undefined;
}

export interface Task {
  readonly what: string;
  outcome: { readonly error?: unknown } | undefined;
}

export interface Gate {
  readonly actor: Actor;
  readonly task: Task;
  /** The call, e.g. `Upgrades.transact`. */
  readonly call: string;
  readonly open: (fate: Fate) => void;
}

export type Guard = <T>(call: string, effect: () => Promise<T>) => Promise<T>;

export interface Gates {
  /** In the order in which the calls were made. */
  readonly waiting: readonly Gate[];
  guardOf(actor: Actor): Guard;
  /** Runs `work` as the actor's task up to its first gate. `onEnd` is called when it has ended, or died. */
  start(actor: Actor, what: string, work: () => Promise<unknown>, onEnd?: () => void): Promise<Task>;
  /** Lets one call through, and runs on until nothing moves any more. */
  open(gate: Gate, fate: Fate): Promise<void>;
  /** How many calls were let through. */
  readonly opened: number;
}

export function createGates(): Gates {
  const waiting: Gate[] = [];
  const onEnds = new WeakMap<Task, () => void>();
  let opened = 0;
  const remove = (gate: Gate): void => {
    const index = waiting.indexOf(gate);
    if (index < 0) throw new Error(`The call ${gate.call} does not wait any more.`);
    waiting.splice(index, 1);
  };
  const end = (actor: Actor, task: Task, outcome: { readonly error?: unknown }): void => {
    if (task.outcome !== undefined) return;
    task.outcome = outcome;
    actor.task = undefined;
    onEnds.get(task)?.();
    // Calls made side by side with the one that killed it died too.
    for (const gate of waiting.filter((one) => one.task === task)) remove(gate);
  };
  return {
    waiting,
    get opened() {
      return opened;
    },
    guardOf: (actor) => async (call, effect) => {
      const { task } = actor;
      if (task === undefined) throw new Error(`${actor.name} calls ${call} although it has no task.`);
      const fate = await new Promise<Fate>((open) => void waiting.push({ actor, task, call, open }));
      const result = fate.kind !== "go" && fate.effect === "lost" ? undefined : { value: await effect() };
      if (fate.kind === "crash") {
        end(actor, task, { error: new Crash(`died at ${call}`) });
        // Nothing of a process that died goes on: no handler, no `finally`.
        return new Promise(() => {});
      }
      if (fate.kind === "refuse") throw new Refused(call);
      if (result === undefined || fate.kind === "fail") throw noAnswer(fate, call);
      return result.value;
    },
    async start(actor, what, work, onEnd) {
      if (actor.task !== undefined) throw new Error(`${actor.name} is busy.`);
      const task: Task = { what, outcome: undefined };
      if (onEnd !== undefined) onEnds.set(task, onEnd);
      actor.task = task;
      work().then(
        () => end(actor, task, {}),
        (error: unknown) => end(actor, task, { error }),
      );
      await nothingMoves();
      return task;
    },
    async open(gate, fate) {
      remove(gate);
      opened += 1;
      gate.open(fate);
      await nothingMoves();
    },
  };
}

const noAnswer = (fate: Fate, call: string): TransientFailure =>
  new TransientFailure(
    `${call} gave no answer.`,
    fate.kind !== "fail" || fate.retryAfterMs === undefined ? {} : { retryAfterMs: fate.retryAfterMs },
  );

/** All ports are in memory: when the microtasks are through, everybody stands at a gate or has ended. */
const nothingMoves = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
