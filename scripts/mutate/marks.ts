// Loaded before each test file: keeps which functions it runs, and lets properties generate the same values every time.
import { configureGlobal } from "fast-check";
import { afterAll } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    marks?: readonly string[];
  }
}

const marks = new Set<string>();
Object.assign(globalThis, { mark: (scope: string) => marks.add(scope) });
configureGlobal({ seed: 1 });
// The first parameter must be a pattern, though nothing of it is needed.
// oxlint-disable-next-line no-empty-pattern
afterAll(({}, suite) => {
  suite.file.meta.marks = [...marks];
});
