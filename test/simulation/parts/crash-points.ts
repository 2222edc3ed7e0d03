// Every call at which the process can die, alone and with every later one.

import type { Broken } from "./invariants.ts";
import { isRead } from "./guards.ts";
import type { Mutation } from "./mutations.ts";
import { runWithCrashes, type CrashPoint, type CrashRunOptions } from "./crash-run.ts";

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
export async function pointsOf(enumeration: Enumeration): Promise<readonly CrashPoint[]> {
  const calm = await runWithCrashes({ ...enumeration, crashes: [] });
  if (calm.broken !== undefined) {
    throw new Error(`${nameOf(enumeration)} breaks ${calm.broken.invariant} without any crash: ${calm.broken.detail}`);
  }
  return pointsIn(calm.calls, 0);
}

/** In the calls after the first so many. */
const pointsIn = (calls: readonly string[], after: number): readonly CrashPoint[] =>
  calls.flatMap((name, index): readonly CrashPoint[] => {
    const call = index + 1;
    if (call <= after) return [];
    return isRead(name)
      ? [{ call, effect: "lost" }]
      : [
          { call, effect: "lost" },
          { call, effect: "done" },
        ];
  });

/** The run that dies at `point`; with `pairs` also all runs that die a second time later on. */
export async function crashAt(enumeration: Enumeration, point: CrashPoint, pairs: boolean): Promise<Tally> {
  const tally: Tally = { runs: 0, steps: 0, failures: [] };
  const single = await tryOne(tally, enumeration, [point]);
  if (!pairs) return tally;
  for (const second of pointsIn(single, point.call)) await tryOne(tally, enumeration, [point, second]);
  return tally;
}

/** The calls that the run made. */
async function tryOne(
  tally: Tally,
  enumeration: Enumeration,
  crashes: readonly CrashPoint[],
): Promise<readonly string[]> {
  const { broken, calls } = await runWithCrashes({ ...enumeration, crashes });
  tally.runs += 1;
  tally.steps += calls.length;
  if (broken !== undefined) {
    const places = crashes.map(({ call, effect }) => `call ${call} ${calls[call - 1] ?? ""} (${effect})`);
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
  for (const point of pointsIn(calm.calls, 0)) {
    const { failures } = await crashAt({ ...enumeration, mutation }, point, false);
    if (failures[0] !== undefined) return failures[0];
  }
  return undefined;
}

export const nameOf = ({ scenario, workers, organisations }: Enumeration): string =>
  `${scenario}, ${workers} worker${workers === 1 ? "" : "s"}, ${organisations} organisation${organisations === 1 ? "" : "s"}`;
