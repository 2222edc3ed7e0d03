// Whether the queues move: the bus answers, and nothing waits for long while the function that takes it does not run.
import type { Clock } from "../clock/clock.ts";
import type { QueueResource } from "../resources.ts";
import type { ReadinessCheck } from "../liveness.ts";
import type { QueueAge } from "./bus.ts";

/** Name, the function that takes from it, and how long a message may wait while all is well. */
type WatchedQueue = Pick<QueueResource, "name" | "functionName" | "longestWaitMs">;

export interface QueueReadinessDeps {
  readonly age: QueueAge;
  readonly clock: Clock;
  /** When the function last ended without an error in this process; undefined when it never has. */
  readonly lastRun: (functionName: string) => number | undefined;
}

/** Probes come from several places at once: one answer serves them all for so long. */
const FRESH_MS = 10_000;

/** One check per queue, so that the answer names the one that stands still. */
export const queueReadiness = (deps: QueueReadinessDeps, queues: readonly WatchedQueue[]): readonly ReadinessCheck[] =>
  queues.map((watched) => {
    const since = fresh(deps.clock, () => deps.age.waitingSince(watched.name));
    return {
      name: `queue ${watched.name}`,
      run: async () => {
        const problem = standstill(watched, await since(), deps.lastRun(watched.functionName), deps.clock.now());
        if (problem !== undefined) throw new Error(problem);
      },
    };
  });

/** What is wrong, as a sentence. A busy queue may have a long tail: as long as its function runs, it moves. */
export function standstill(
  { name, functionName, longestWaitMs }: WatchedQueue,
  waitingSince: number | undefined,
  lastRun: number | undefined,
  now: number,
): string | undefined {
  if (waitingSince === undefined || now - waitingSince <= longestWaitMs) return undefined;
  if (lastRun !== undefined && now - lastRun <= longestWaitMs) return undefined;
  const ran = lastRun === undefined ? "has not run in this process" : `last ran ${new Date(lastRun).toISOString()}`;
  return `Queue ${name}: its oldest message waits since ${new Date(waitingSince).toISOString()}, and ${functionName} ${ran}.`;
}

/** A failure is not kept: the next probe looks anew. */
function fresh<T>(clock: Clock, look: () => Promise<T>): () => Promise<T> {
  let known: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const age = known === undefined ? undefined : clock.now() - known.at;
    if (known !== undefined && age !== undefined && age >= 0 && age < FRESH_MS) return known.answer;
    const next = { at: clock.now(), answer: look() };
    known = next;
    next.answer.catch(() => {
      if (known === next) known = undefined;
    });
    return next.answer;
  };
}
