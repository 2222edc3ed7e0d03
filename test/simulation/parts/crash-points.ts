// Every call at which the process can die, alone and with every later one.

import type { Broken } from "./invariants.ts";
import { isRead } from "./guards.ts";
import type { Mutation } from "./mutations.ts";
import { runWithCrashes, type Call, type CrashPoint, type CrashRunOptions } from "./crash-run.ts";

export type Enumeration = Omit<CrashRunOptions, "crashes">;

export interface Failure {
  /** What repeats the run. */
  readonly run: string;
  readonly broken: Broken;
}

export interface Tally {
  runs: number;
  /** Calls let through and moves of time. */
  steps: number;
  readonly failures: Failure[];
}

/** The points of the run without crashes: each call, before and after it took effect; a read has no effect. */
export async function pointsOf(enumeration: Enumeration, pairs = false): Promise<readonly CrashPoint[]> {
  const calm = await runWithCrashes({ ...enumeration, crashes: [] });
  if (calm.broken !== undefined) {
    throw new Error(`${nameOf(enumeration)} breaks ${calm.broken.invariant} without any crash: ${calm.broken.detail}`);
  }
  return pairs ? distinctPointsIn(calm.calls, 0) : pointsIn(calm.calls);
}

const pointsIn = (calls: readonly Call[]): readonly CrashPoint[] =>
  calls.flatMap(({ name }, index): readonly CrashPoint[] => {
    const call = index + 1;
    return isRead(name)
      ? [{ call, effect: "lost" }]
      : [
          { call, effect: "lost" },
          { call, effect: "done" },
        ];
  });

/**
 * Each moment once, in the calls after the first so many: to die before a call is to die after the last one of the same
 * task that had an effect, since in between the task has changed nothing, and nobody can tell it from a dead one.
 */
const distinctPointsIn = (calls: readonly Call[], after: number): readonly CrashPoint[] =>
  calls.flatMap(({ name, isFirst }, index): readonly CrashPoint[] => {
    const call = index + 1;
    if (call <= after) return [];
    const before: readonly CrashPoint[] = isFirst ? [{ call, effect: "lost" }] : [];
    return isRead(name) ? before : [...before, { call, effect: "done" }];
  });

/** The run that dies at `point`; with `pairs` also all runs that die a second time later on. */
export async function crashAt(enumeration: Enumeration, point: CrashPoint, pairs: boolean): Promise<Tally> {
  const tally: Tally = { runs: 0, steps: 0, failures: [] };
  const single = await tryOne(tally, enumeration, [point]);
  if (!pairs) return tally;
  for (const second of distinctPointsIn(single, point.call)) await tryOne(tally, enumeration, [point, second]);
  return tally;
}

/** The calls that the run made. */
async function tryOne(
  tally: Tally,
  enumeration: Enumeration,
  crashes: readonly CrashPoint[],
): Promise<readonly Call[]> {
  const { broken, calls } = await runWithCrashes({ ...enumeration, crashes });
  tally.runs += 1;
  tally.steps += calls.length;
  if (broken !== undefined) {
    const places = crashes.map(({ call, effect }) => `call ${call} ${calls[call - 1]?.name ?? ""} (${effect})`);
    tally.failures.push({ run: `${nameOf(enumeration)}, dies at ${places.join(" and ")}`, broken });
  }
  return calls;
}

/** The first invariant that single crashes of a defective system break. */
export async function firstBrokenBy(
  mutation: Mutation | undefined,
  enumeration: Enumeration,
): Promise<Failure | undefined> {
  const calm = await runWithCrashes({ ...enumeration, mutation, crashes: [] });
  if (calm.broken !== undefined) return { run: `${nameOf(enumeration)}, no crash`, broken: calm.broken };
  for (const point of pointsIn(calm.calls)) {
    const { failures } = await crashAt({ ...enumeration, mutation }, point, false);
    if (failures[0] !== undefined) return failures[0];
  }
  return undefined;
}

export const nameOf = ({ scenario, workers, organisations }: Enumeration): string =>
  `${scenario}, ${workers} worker${workers === 1 ? "" : "s"}, ${organisations} organisation${organisations === 1 ? "" : "s"}`;
