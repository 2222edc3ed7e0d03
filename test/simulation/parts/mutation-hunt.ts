// Looks for the run that catches a defect: crashes first, then seeds.

import { firstBrokenBy, type Failure } from "./crash-points.ts";
import { runSeeds } from "./jobs.ts";
import type { Mutation } from "./mutations.ts";

/** The first run that breaks an invariant; undefined when the defect survives them all. `first` is the seed to begin with. */
export async function catchMutation(mutation: Mutation, seeds: number, first = 1): Promise<Failure | undefined> {
  const crash = await firstBrokenBy(mutation, {
    scenario: "upgrade, steps end at once",
    workers: 1,
    organisations: 1,
    fromCreation: true,
  });
  if (crash !== undefined) return crash;
  const { failures } = await runSeeds({
    kind: "seeds",
    first,
    last: first + seeds - 1,
    mutation,
    stopsAtFailure: true,
  });
  return failures[0];
}
