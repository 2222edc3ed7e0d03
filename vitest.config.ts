import { defineConfig } from "vitest/config";

const project = (name: string, timeoutSeconds: number, extra: object = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: timeoutSeconds * 1000,
    ...extra,
  },
});

export default defineConfig({
  test: {
    projects: [
      project("unit", 5),
      project("property", 30),
      project("contract", 60),
      project("simulation", 120),
      // One process for all files: they share one Bicep server, whose first compile is slow.
      project("infra", 120, { fileParallelism: false, isolate: false }),
      // A real browser: one at a time, it takes a processor for itself.
      project("browser", 60, { fileParallelism: false }),
      // The whole stack on its fixed ports: one file after the other.
      project("e2e", 400, { fileParallelism: false }),
    ],
    coverage: {
      provider: "v8",
      include: ["shared/*/core/**", "shared/kernel/**"],
      thresholds: { lines: 100, functions: 100, statements: 100, branches: 95 },
    },
  },
});
