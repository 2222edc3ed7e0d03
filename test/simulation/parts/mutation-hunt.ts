// Has a thread of its own look for the run that catches a defect.

import type { Failure } from "./crash-points.ts";
import { sourceMutation, type AnyMutation } from "./mutations.ts";
import { runJobs } from "./pool.ts";

/** The first run that breaks an invariant; undefined when the defect survives them all. `first` is the seed to begin with. */
export async function catchMutation(mutation: AnyMutation, seeds: number, first = 1): Promise<Failure | undefined> {
  const { failures } = await runJobs([{ kind: "hunt", mutation, seeds, first }], sourceMutation(mutation)?.patches);
  return failures[0];
}
