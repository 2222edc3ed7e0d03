// Runs tests on one mutant after the other in one warm vitest; a process of its own, so that a mutant that hangs can be
// killed. The mutant exists in memory only: vite hands it out in place of the file.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createVitest, type TestModule } from "vitest/node";
import type { Mutant } from "./mutants.ts";

export interface Job {
  /** Undefined: the sources as they are. */
  readonly mutant: Mutant | undefined;
  readonly tests: readonly string[];
}
export interface Verdict {
  /** The test file that failed first; undefined when all passed. */
  readonly failed: string | undefined;
}

let failed: string | undefined;
let current: { readonly path: string; readonly code: string } | undefined;

const vitest = await createVitest(
  {
    config: false,
    watch: false,
    // It would keep mutants on the disk under the name of the source.
    fsModuleCache: false,
    include: ["test/{unit,property}/**/*.test.ts"],
    reporters: [{ onTestModuleEnd: moduleEnded }],
    testTimeout: 20_000,
    maxWorkers: 1,
    pool: "threads",
    // The nearest tests first, as they were given.
    sequence: {
      sequencer: class {
        sort = async <T>(files: T): Promise<T> => files;
        shard = this.sort;
      },
    },
  },
  {
    plugins: [
      {
        name: "mutant",
        enforce: "pre",
        transform: (_code, id) => (id === current?.path ? { code: current.code, map: null } : undefined),
      },
    ],
  },
);

async function run({ mutant, tests }: Job): Promise<Verdict> {
  const before = current?.path;
  current = undefined;
  if (mutant !== undefined) {
    const path = resolve(mutant.file);
    const source = readFileSync(path, "utf8");
    current = { path, code: source.slice(0, mutant.start) + mutant.replacement + source.slice(mutant.end) };
  }
  for (const path of [before, current?.path]) if (path !== undefined) vitest.invalidateFile(path);
  const project = vitest.getRootProject();
  const specifications = tests.map((test) => project.createSpecification(resolve(test)));
  failed = undefined;
  const { unhandledErrors } = await vitest.runTestSpecifications(specifications);
  // What throws outside of a test belongs to none; the nearest one is as good as any.
  return { failed: failed ?? (unhandledErrors.length > 0 ? tests[0] : undefined) };
}

/** Tells the parent that this process is alive; the first failure ends the run. */
function moduleEnded(module: TestModule): void {
  process.send?.("alive");
  if (module.state() !== "failed" || failed !== undefined) return;
  failed = module.relativeModuleId;
  void vitest.cancelCurrentRun("test-failure");
}

process.on("message", (job: Job) => {
  void run(job).then((verdict) => process.send?.(verdict));
});
process.once("disconnect", () => process.exit(0));
process.send?.("ready");
