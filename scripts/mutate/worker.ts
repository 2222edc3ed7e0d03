// Runs tests on one mutant after the other in one warm vitest; a process of its own, so that a mutant that hangs can be
// killed. The mutant exists in memory only: vite hands it out in place of the file.
import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { createVitest, type TestModule } from "vitest/node";
import { markedSource, mutated, type Mutant } from "./mutants.ts";

export interface Job {
  /** Undefined: the sources as they are, with marks that tell which functions each test runs. */
  readonly mutant: Mutant | undefined;
  readonly tests: readonly string[];
}
export interface Verdict {
  /** The test file that failed first; undefined when all passed. */
  readonly failed: string | undefined;
  /** Without a mutant: of each test file that passes. */
  readonly recorded: Readonly<Record<string, Recorded>>;
}
export interface Recorded {
  /** The functions that it runs. */
  readonly scopes: readonly string[];
  readonly ms: number;
}

let job: Job = { mutant: undefined, tests: [] };
let failed: string | undefined;
let recorded: Record<string, Recorded> = {};

const vitest = await createVitest(
  {
    config: false,
    watch: false,
    // It would keep mutants on the disk under the name of the source.
    fsModuleCache: false,
    include: ["test/{unit,property}/**/*.test.ts"],
    setupFiles: ["scripts/mutate/marks.ts"],
    reporters: [{ onTestModuleEnd: moduleEnded }],
    // The parent ends what hangs: it knows how long a test may take.
    testTimeout: 0,
    hookTimeout: 0,
    maxWorkers: 1,
    // What runs when a file is loaded belongs to each test that loads it; for a mutant one loading will do.
    isolate: process.argv[2] === "record",
    pool: "threads",
    // The nearest tests first, as they were given.
    sequence: {
      sequencer: class {
        sort = async <T>(files: T): Promise<T> => files;
        shard = this.sort;
      },
    },
  },
  { plugins: [{ name: "mutant", enforce: "pre", transform: transformed }] },
);

function transformed(_code: string, id: string): { code: string; map: null } | undefined {
  const file = relative(process.cwd(), id);
  const { mutant } = job;
  if (mutant === undefined) {
    return /^shared\/.*\.ts$/u.test(file)
      ? { code: markedSource(file, readFileSync(id, "utf8")), map: null }
      : undefined;
  }
  return mutant.file === file ? { code: mutated(mutant), map: null } : undefined;
}

async function run(next: Job): Promise<Verdict> {
  const before = job.mutant;
  job = next;
  for (const one of [before, next.mutant]) if (one !== undefined) vitest.invalidateFile(resolve(one.file));
  const project = vitest.getRootProject();
  const specifications = next.tests.map((test) => project.createSpecification(resolve(test)));
  failed = undefined;
  recorded = {};
  const { unhandledErrors } = await vitest.runTestSpecifications(specifications);
  // What throws outside of a test belongs to none; the nearest one is as good as any.
  return { failed: failed ?? (unhandledErrors.length > 0 ? next.tests[0] : undefined), recorded };
}

/** Tells the parent that this process is alive; the first failure ends the run of a mutant. */
function moduleEnded(module: TestModule): void {
  process.send?.("alive");
  if (module.state() === "failed") {
    failed ??= module.relativeModuleId;
    if (job.mutant !== undefined) void vitest.cancelCurrentRun("test-failure");
  } else if (job.mutant === undefined) {
    recorded[module.relativeModuleId] = { scopes: module.meta().marks ?? [], ms: module.diagnostic().duration };
  }
}

process.on("message", (next: Job) => {
  void run(next).then((verdict) => process.send?.(verdict));
});
process.once("disconnect", () => process.exit(0));
process.send?.("ready");
