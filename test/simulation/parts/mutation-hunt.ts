// Looks for the run that catches a defect: crashes first, then seeds. In a thread of its own, which loads the code with
// the defect in it.

import { firstBrokenBy, type Failure, type Tally } from "./crash-points.ts";
import { runSeeds, type HuntJob } from "./jobs.ts";
import { isPortMutation, sourceMutation, type AnyMutation } from "./mutations.ts";
import { runJobs } from "./pool.ts";

/** The first run that breaks an invariant; undefined when the defect survives them all. `first` is the seed to begin with. */
export async function catchMutation(mutation: AnyMutation, seeds: number, first = 1): Promise<Failure | undefined> {
  const job: HuntJob = { kind: "hunt", mutation, seeds, first };
  const { failures } = await runJobs([job], sourceMutation(mutation)?.patches);
  return failures[0];
}

/** The hunt itself, inside the thread. */
export async function hunt({ mutation, seeds, first }: HuntJob): Promise<Tally> {
  const port = isPortMutation(mutation) ? mutation : undefined;
  const needsDates = sourceMutation(mutation)?.needsDates === true;
  const crash = needsDates
    ? undefined
    : await firstBrokenBy(port, {
        scenario: "upgrade, steps end at once",
        workers: 1,
        organisations: 1,
        fromCreation: true,
      });
  if (crash !== undefined) return { runs: 1, steps: 0, failures: [crash] };
  return runSeeds({
    kind: "seeds",
    first,
    last: first + seeds - 1,
    mutation: port,
    stopsAtFailure: true,
    ...(needsDates ? { only: "upgrade" } : {}),
  });
}
