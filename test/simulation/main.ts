// `npm run simulate`: proves by simulation what docs/upgrades.md promises. Ends with exit code 1 when an invariant breaks.

import { ClearError, errorText } from "../../local/support/clear-error.ts";
import { readOptions, type Options } from "../../local/support/options.ts";
import { nameOf, pointsOf, type Enumeration, type Failure } from "./parts/crash-points.ts";
import { SCENARIO_NAMES } from "./parts/crash-run.ts";
import type { Job } from "./parts/jobs.ts";
import { runJobs } from "./parts/pool.ts";

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function crashPoints(): Promise<boolean> {
  const started = performance.now();
  let runs = 0;
  let points = 0;
  const failures: Failure[] = [];
  for (const enumeration of enumerations()) {
    const since = performance.now();
    const found = await pointsOf(enumeration.of);
    const jobs = found.map((point): Job => ({
      kind: "crash",
      enumeration: enumeration.of,
      point,
      pairs: enumeration.pairs,
    }));
    const tally = await runJobs(jobs);
    runs += tally.runs;
    points += found.length;
    failures.push(...tally.failures);
    const what = `${nameOf(enumeration.of)}${enumeration.of.fromCreation === true ? ", from creation" : ""}`;
    const depth = enumeration.pairs ? "singles and pairs" : "singles";
    console.log(`${what}: ${found.length} points, ${depth}, ${tally.runs} runs, ${seconds(since)}`);
  }
  console.log(
    `crash points: ${points} points, ${runs} runs, ${seconds(started)}, ${failures.length} broken invariants`,
  );
  return report(failures);
}

/** Pairs with one organisation; singles with two, and with the calls that create and approve the campaign. */
function enumerations(): readonly { readonly of: Enumeration; readonly pairs: boolean }[] {
  const kinds = SCENARIO_NAMES.flatMap((scenario) => ([1, 2] as const).map((workers) => ({ scenario, workers })));
  return [
    ...kinds.map((kind) => ({ of: { ...kind, organisations: 2, fromCreation: true }, pairs: false })),
    ...kinds.map((kind) => ({ of: { ...kind, organisations: 1 }, pairs: true })),
  ];
}

function report(failures: readonly Failure[]): boolean {
  for (const { run, broken } of failures.slice(0, 20))
    console.log(`${broken.invariant} broken: ${broken.detail} [${run}]`);
  if (failures.length > 20) console.log(`... and ${failures.length - 20} more`);
  return failures.length === 0;
}

async function simulate(options: Options): Promise<boolean> {
  if (options.flag("crash-points")) return crashPoints();
  throw new ClearError("simulate: say what to simulate: --crash-points.");
}

try {
  const options = readOptions(
    "simulate",
    process.argv.slice(2),
    ["seeds", "seed", "campaign"],
    ["crash-points", "mutations"],
  );
  if (!(await simulate(options))) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof ClearError ? error.message : errorText(error));
  process.exitCode = 1;
}
