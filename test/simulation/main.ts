// `npm run simulate`: proves by simulation what docs/upgrades.md promises. Ends with exit code 1 when an invariant breaks.

import { ClearError, errorText } from "../../local/support/clear-error.ts";
import { readOptions, type Options } from "../../local/support/options.ts";
import { runCampaign } from "./parts/campaign-run.ts";
import { nameOf, pointsOf, type Enumeration, type Failure } from "./parts/crash-points.ts";
import { ANNOUNCED_NAMES, SCENARIO_NAMES } from "./parts/crash-run.ts";
import type { Job } from "./parts/jobs.ts";
import { seedJobs } from "./parts/seed-jobs.ts";
import { catchMutation } from "./parts/mutation-hunt.ts";
import { describeMutation, MUTATION_NAMES } from "./parts/mutations.ts";
import { runJobs } from "./parts/pool.ts";
import { runSeed } from "./parts/seeded-run.ts";

const MUTATION_SEEDS = 3000;

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Pairs (of distinct moments) with one organisation; singles with two, and with the calls that create and approve the campaign; singles of
 * announced upgrades, with the calls that send their mails.
 */
function enumerations(): readonly { readonly of: Enumeration; readonly pairs: boolean }[] {
  const kinds = SCENARIO_NAMES.flatMap((scenario) => ([1, 2] as const).map((workers) => ({ scenario, workers })));
  return [
    ...ANNOUNCED_NAMES.map((scenario) => ({
      of: { scenario, workers: 1, organisations: 1, fromCreation: true } as const,
      pairs: false,
    })),
    ...kinds.map((kind) => ({ of: { ...kind, organisations: 2, fromCreation: true }, pairs: false })),
    ...kinds.map((kind) => ({ of: { ...kind, organisations: 1 }, pairs: true })),
  ];
}

async function crashPoints(): Promise<boolean> {
  const started = performance.now();
  let runs = 0;
  let points = 0;
  const failures: Failure[] = [];
  for (const { of, pairs } of enumerations()) {
    const since = performance.now();
    const found = await pointsOf(of, pairs);
    const tally = await runJobs(found.map((point): Job => ({ kind: "crash", enumeration: of, point, pairs })));
    runs += tally.runs;
    points += found.length;
    failures.push(...tally.failures);
    const what = `${nameOf(of)}${of.fromCreation === true ? ", from creation" : ""}`;
    console.log(
      `${what}: ${found.length} points, ${pairs ? "all pairs too" : "singles"}, ${tally.runs} runs, ${seconds(since)}`,
    );
  }
  console.log(
    `crash points: ${points} points, ${runs} runs, ${seconds(started)}, ${failures.length} broken invariants`,
  );
  return report(failures);
}

async function seeds(count: number): Promise<boolean> {
  const started = performance.now();
  const { runs, steps, failures } = await runJobs(seedJobs(count));
  console.log(`seeds: ${runs} runs, ${steps} steps, ${seconds(started)}, ${failures.length} broken invariants`);
  return report(failures);
}

async function oneSeed(seed: number): Promise<boolean> {
  const { broken, steps, virtualMs } = await runSeed(seed, { trace: (line) => console.log(line) });
  console.log(
    `seed ${seed}: ${steps} steps, ${virtualMs} ms of virtual time, ${broken === undefined ? "nothing" : broken.invariant} broken`,
  );
  return report(broken === undefined ? [] : [{ run: `--seed ${seed}, step ${steps}`, broken }]);
}

async function campaign(organisations: number): Promise<boolean> {
  const started = performance.now();
  const { broken, virtualMs, rolledBack, counts } = await runCampaign(organisations);
  const perOrganisation = (counts.tableCalls / organisations).toFixed(1);
  console.log(
    `campaign: ${organisations} organisations, ${rolledBack} of them rolled back, ` +
      `${(virtualMs / 86_400_000).toFixed(1)} days of virtual time, ${counts.events} steps, ${counts.ticks} ticks, ` +
      `${counts.tableCalls} table calls (${perOrganisation} per organisation), ${counts.mails} mails, ` +
      `at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MB, ${seconds(started)}`,
  );
  return report(broken === undefined ? [] : [{ run: `--campaign ${organisations}`, broken }]);
}

async function mutations(): Promise<boolean> {
  const started = performance.now();
  let survivors = 0;
  for (const mutation of MUTATION_NAMES) {
    const failure = await catchMutation(mutation, MUTATION_SEEDS);
    if (failure === undefined) survivors += 1;
    const verdict =
      failure === undefined ? "SURVIVED" : `${failure.broken.invariant}: ${failure.broken.detail} [${failure.run}]`;
    console.log(`${mutation} (${describeMutation(mutation)}): ${verdict}`);
  }
  console.log(`mutations: ${MUTATION_NAMES.length}, ${survivors} survived, ${seconds(started)}`);
  return survivors === 0;
}

function report(failures: readonly Failure[]): boolean {
  for (const { run, broken } of failures.slice(0, 20))
    console.log(`${broken.invariant} broken: ${broken.detail} [${run}]`);
  if (failures.length > 20) console.log(`... and ${failures.length - 20} more`);
  return failures.length === 0;
}

function whole(options: Options, name: string, most: number): number | undefined {
  const value = options.positive(name);
  if (value !== undefined && (!Number.isInteger(value) || value > most)) {
    throw new ClearError(`simulate: --${name} must be a whole number from 1 to ${most}, not ${value}.`);
  }
  return value;
}

async function simulate(options: Options): Promise<boolean> {
  const seed = whole(options, "seed", 1_000_000_000);
  const size = whole(options, "campaign", 100_000);
  const count = whole(options, "seeds", 1_000_000);
  const wanted = [
    options.flag("crash-points") ? crashPoints : undefined,
    options.flag("mutations") ? mutations : undefined,
    seed === undefined ? undefined : () => oneSeed(seed),
    size === undefined ? undefined : () => campaign(size),
    count === undefined ? undefined : () => seeds(count),
  ].filter((one) => one !== undefined);
  if (wanted.length > 1) {
    throw new ClearError("simulate: one at a time: --crash-points, --mutations, --seeds, --seed or --campaign.");
  }
  return (wanted[0] ?? (() => seeds(1000)))();
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
