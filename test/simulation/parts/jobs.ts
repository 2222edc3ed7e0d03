// Work that can be handed to another thread: plain values in, plain values out.

import { crashAt, type Enumeration, type Tally } from "./crash-points.ts";
import type { CrashPoint } from "./crash-run.ts";
import { hunt } from "./mutation-hunt.ts";
import type { AnyMutation, Mutation } from "./mutations.ts";
import { kindOf, runSeed } from "./seeded-run.ts";

export type Job =
  | { readonly kind: "crash"; readonly enumeration: Enumeration; readonly point: CrashPoint; readonly pairs: boolean }
  | SeedJob
  | HuntJob;

export interface HuntJob {
  readonly kind: "hunt";
  readonly mutation: AnyMutation;
  readonly seeds: number;
  readonly first: number;
}

export interface SeedJob {
  readonly kind: "seeds";
  readonly first: number;
  readonly last: number;
  readonly mutation?: Mutation | undefined;
  /** Ends the job at the first broken invariant. */
  readonly stopsAtFailure?: boolean;
  /** Leaves out the seeds of the other kind. */
  readonly only?: "upgrade" | "hotfix";
}

export function runJob(job: Job): Promise<Tally> {
  switch (job.kind) {
    case "crash":
      return crashAt(job.enumeration, job.point, job.pairs);
    case "seeds":
      return runSeeds(job);
    case "hunt":
      return hunt(job);
  }
}

export async function runSeeds({ first, last, mutation, stopsAtFailure, only }: SeedJob): Promise<Tally> {
  const tally: Tally = { runs: 0, steps: 0, failures: [] };
  for (let seed = first; seed <= last; seed++) {
    if (only !== undefined && kindOf(seed) !== only) continue;
    const { broken, steps } = await runSeed(seed, { mutation });
    tally.runs += 1;
    tally.steps += steps;
    if (broken === undefined) continue;
    tally.failures.push({ run: `--seed ${seed}, step ${steps}`, broken });
    if (stopsAtFailure === true) break;
  }
  return tally;
}

/** Seeds 1 to `count` in jobs of a size that keeps all threads busy to the end. */
export const seedJobs = (count: number): readonly SeedJob[] =>
  Array.from({ length: Math.ceil(count / 50) }, (_, index) => ({
    kind: "seeds",
    first: index * 50 + 1,
    last: Math.min(count, index * 50 + 50),
  }));
