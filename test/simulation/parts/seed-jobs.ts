// Many seeds, one after the other.

import type { Tally } from "./crash-points.ts";
import type { Mutation } from "./mutations.ts";
import type { Theme } from "./seeded-themes.ts";
import { kindOf, runSeed } from "./seeded-run.ts";

export interface SeedJob {
  readonly kind: "seeds";
  readonly first: number;
  readonly last: number;
  readonly mutation?: Mutation | undefined;
  /** Ends the job at the first broken invariant. */
  readonly stopsAtFailure?: boolean;
  /** Leaves out the seeds of the other kind. */
  readonly only?: "upgrade" | "hotfix";
  readonly theme?: Theme;
}

export async function runSeeds({ first, last, mutation, stopsAtFailure, only, theme }: SeedJob): Promise<Tally> {
  const tally: Tally = { runs: 0, steps: 0, failures: [] };
  for (let seed = first; seed <= last; seed++) {
    if (only !== undefined && kindOf(seed) !== only) continue;
    const { broken, steps } = await runSeed(seed, { mutation, theme });
    tally.runs += 1;
    tally.steps += steps;
    if (broken === undefined) continue;
    const about = theme === undefined ? "" : ` about “${theme}”`;
    tally.failures.push({ run: `--seed ${seed}${about}, step ${steps}`, broken });
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
