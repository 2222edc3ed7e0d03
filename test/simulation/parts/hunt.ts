// Looks for the run that catches a defect: crashes first, then seeds. Inside a thread that has loaded the code with the
// defect in it.

import { firstBrokenBy, type Tally } from "./crash-points.ts";
import { isPortMutation, sourceMutation, themeOf, type AnyMutation } from "./mutations.ts";
import { runSeeds } from "./seed-jobs.ts";

export interface HuntJob {
  readonly kind: "hunt";
  readonly mutation: AnyMutation;
  readonly seeds: number;
  /** The seed to begin with. */
  readonly first: number;
}

export async function hunt({ mutation, seeds, first }: HuntJob): Promise<Tally> {
  const port = isPortMutation(mutation) ? mutation : undefined;
  const only = sourceMutation(mutation)?.only;
  const theme = themeOf(mutation);
  const crash =
    only === undefined
      ? await firstBrokenBy(port, {
          scenario: "upgrade, steps end at once",
          workers: 1,
          organisations: 1,
          fromCreation: true,
        })
      : undefined;
  if (crash !== undefined) return { runs: 1, steps: 0, failures: [crash] };
  return runSeeds({
    kind: "seeds",
    first,
    last: first + seeds - 1,
    mutation: port,
    stopsAtFailure: true,
    ...(only === undefined ? {} : { only }),
    ...(theme === undefined ? {} : { theme }),
  });
}
