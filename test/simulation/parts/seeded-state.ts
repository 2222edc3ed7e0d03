// The state of a seeded run.

import type { Errand } from "./errands.ts";
import type { Random } from "./random.ts";
import type { Plan } from "./seeded-plan.ts";
import type { Delivery } from "./sim-broker.ts";
import type { Worker, World } from "./world.ts";

export interface Run {
  readonly world: World;
  readonly random: Random;
  /** Of the clocks: seeds without wrong ones are what they were. */
  readonly clockRandom: Random;
  readonly plan: Plan;
  readonly crew: readonly Worker[];
  readonly timers: readonly Timer[];
  readonly operators: readonly Operator[];
  readonly deliveries: Map<Worker, Delivery>;
  readonly frozenUntil: Map<Worker, number>;
  readonly misses: Map<string, number>;
  readonly retried: Map<string, number>;
  isCalm: boolean;
  calmSince: number;
  /** Somebody cannot be brought back by any number of retries. */
  isHopeless: boolean;
  /** How long a worker was frozen, or the app down. */
  idleMs: number;
  /** Until then nobody takes a message and no reconciler comes: the app is down. */
  downUntil: number | undefined;
  hasTrapped: boolean;
  steps: number;
  /** Calls that failed for good. */
  refused: number;
}

export interface Operator {
  readonly worker: Worker;
  readonly errands: Errand[];
}

export interface Timer {
  readonly worker: Worker;
  firedAt: number;
  readonly fire: () => Promise<void>;
  readonly dueAt: (run: Run, firedAt: number) => number;
}

/** Step and time, for the trace. */
export const stamp = ({ steps, world }: Run): string => `${steps} +${world.time.now - world.startAt}ms`;
