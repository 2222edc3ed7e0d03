// Work that can be handed to another thread: plain values in, plain values out.

import { crashAt, type Enumeration, type Tally } from "./crash-points.ts";
import type { CrashPoint } from "./crash-run.ts";
import { hunt, type HuntJob } from "./hunt.ts";
import { runSeeds, type SeedJob } from "./seed-jobs.ts";

export type Job =
  | { readonly kind: "crash"; readonly enumeration: Enumeration; readonly point: CrashPoint; readonly pairs: boolean }
  | SeedJob
  | HuntJob;

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
