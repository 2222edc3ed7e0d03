// `npm run mutate [-- --n 60 --seed 1 --files shared/upgrades]`: changes the rules and use cases one place at a time and
// tells which changes no unit or property test notices. A random sample by seed; the same seed gives the same sample.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { ClearError } from "../../local/support/clear-error.ts";
import { readOptions } from "../../local/support/options.ts";
import { refusedByCompiler } from "./compiles.ts";
import { mutantsOf, type Mutant } from "./mutants.ts";
import { testsOf, type Test } from "./tests-of.ts";
import type { Job, Recorded, Verdict } from "./worker.ts";

/** A test file that takes longer than this and so many times what it took unchanged hangs, which a test run notices as well. */
const LEAST_LIMIT_MS = 60_000;
const TIMES = 5;
/** Unchanged, and marked: the longest takes a minute on a busy machine. */
const RECORD_LIMIT_MS = 300_000;
/** The kernel, every core/, and the use cases beside it; not what only declares, stores or words. */
const SOURCES = ["shared/**/*.ts"];
const NO_RULES =
  /^shared\/(?:platform|docuware)\/|(?:store|rows|api|messages|-port|verbs|settings|problems|signals|resources|english|german|\.d)\.ts$/u;

type Outcome = "caught" | "hung" | "does not compile" | "survived" | "untested";

function sample<T>(items: readonly T[], count: number, seed: number): readonly T[] {
  let state = seed;
  // Park and Miller's generator: enough to choose a sample, and the same everywhere.
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  random();
  const keyed = items.map((item) => [random(), item] as const);
  return keyed
    .toSorted(([a], [b]) => a - b)
    .slice(0, count)
    .map(([, item]) => item);
}

class Worker {
  readonly #task: "record" | "judge";
  #child: ChildProcess | undefined;

  constructor(task: "record" | "judge") {
    this.#task = task;
  }

  async run(job: Job, limitMs: number): Promise<Verdict | "hung"> {
    const child = (this.#child ??= await this.#start());
    return new Promise((resolve) => {
      const end = (result: Verdict | "hung"): void => {
        clearTimeout(timer);
        child.off("message", hear);
        if (result === "hung") this.stop();
        resolve(result);
      };
      const timer = setTimeout(() => end("hung"), limitMs);
      const hear = (message: Verdict | "alive"): void => void (message === "alive" ? timer.refresh() : end(message));
      child.on("message", hear);
      child.send(job);
    });
  }

  stop(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  async #start(): Promise<ChildProcess> {
    const stdio = ["ignore", "ignore", "inherit", "ipc"] as const;
    const child = fork(new URL("worker.ts", import.meta.url), [this.#task], { stdio: [...stdio] });
    await once(child, "message");
    return child;
  }
}

const lineOf = ({ file, start }: Mutant): number => readFileSync(file, "utf8").slice(0, start).split("\n").length;

function show(mutant: Mutant): string {
  const { file, start, end, replacement } = mutant;
  const source = readFileSync(file, "utf8");
  const from = source.lastIndexOf("\n", start - 1) + 1;
  const newline = source.indexOf("\n", end);
  const to = newline === -1 ? source.length : newline;
  const after = source.slice(from, start) + replacement + source.slice(end, to);
  const marked = (sign: string, text: string): string => text.replaceAll(/^/gmu, `  ${sign} `);
  return `${file}:${lineOf(mutant)}\n${marked("-", source.slice(from, to))}\n${marked("+", after)}`;
}

const isMissed = (outcome: Outcome | undefined): boolean => outcome === "survived" || outcome === "untested";

async function outcomeOf(mutant: Mutant, tests: readonly Test[], worker: Worker): Promise<Outcome> {
  if (tests.length === 0) return "untested";
  const limitMs = Math.max(LEAST_LIMIT_MS, ...tests.map(({ ms }) => TIMES * ms));
  const verdict = await worker.run({ mutant, tests: tests.map(({ test }) => test) }, limitMs);
  if (verdict === "hung") return "hung";
  return verdict.failed === undefined ? "survived" : "caught";
}

/** What each test runs, and how long it takes; of one that hangs or fails without any change nothing is known. */
async function record(tests: readonly string[]): Promise<Readonly<Record<string, Recorded>>> {
  const recorder = new Worker("record");
  const recorded: Record<string, Recorded> = {};
  for (const [index, test] of tests.entries()) {
    process.stderr.write(`recording ${index + 1} of ${tests.length}: ${test}\n`);
    const verdict = await recorder.run({ mutant: undefined, tests: [test] }, RECORD_LIMIT_MS);
    if (verdict !== "hung") Object.assign(recorded, verdict.recorded);
  }
  recorder.stop();
  return recorded;
}

async function main(): Promise<void> {
  const options = readOptions("mutate", process.argv.slice(2), ["n", "seed", "files"]);
  const chosen = options.text("files", "shared/");
  const files = globSync(SOURCES).filter((file) => !NO_RULES.test(file) && file.startsWith(chosen));
  const all = [...new Set(files)].toSorted().flatMap((file) => mutantsOf(file, readFileSync(file, "utf8")));
  const mutants = sample(all, options.positive("n") ?? 60, options.positive("seed") ?? 1);
  console.log(`${mutants.length} of ${all.length} mutants in ${files.length} files`);
  const tests = await testsOf(mutants, record);
  const worker = new Worker("judge");
  const outcomes = new Map<Mutant, Outcome>();
  for (const mutant of mutants) {
    const outcome = await outcomeOf(mutant, tests(mutant), worker);
    outcomes.set(mutant, outcome);
    process.stderr.write(`${outcomes.size} ${outcome} ${mutant.file}:${lineOf(mutant)}\n`);
  }
  worker.stop();
  for (const mutant of refusedByCompiler(mutants.filter((one) => isMissed(outcomes.get(one)))))
    outcomes.set(mutant, "does not compile");
  for (const [mutant, outcome] of outcomes) if (isMissed(outcome)) console.log(`${outcome}: ${show(mutant)}`);
  const count = (outcome: Outcome): number => [...outcomes.values()].filter((one) => one === outcome).length;
  const missed = count("survived") + count("untested");
  console.log(
    `caught ${count("caught")}, hung ${count("hung")}, does not compile ${count("does not compile")}, ` +
      `survived ${count("survived")}, without a test ${count("untested")}: ` +
      `${((1 - missed / Math.max(1, mutants.length)) * 100).toFixed(0)} % noticed`,
  );
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ClearError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
