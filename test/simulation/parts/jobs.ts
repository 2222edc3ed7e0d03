// Work that can be handed to another thread: plain values in, plain values out.

import { crashAt, type Enumeration, type Tally } from "./crash-points.ts";
import type { CrashPoint } from "./crash-run.ts";

export interface Job {
  readonly kind: "crash";
  readonly enumeration: Enumeration;
  readonly point: CrashPoint;
  readonly pairs: boolean;
}

export function runJob(job: Job): Promise<Tally> {
  return crashAt(job.enumeration, job.point, job.pairs);
}
