// `npm run check`: everything that is quick to know before a commit.

import { runSteps } from "./run-steps.ts";

const passed = runSteps([
  { name: "format", command: "oxfmt", args: ["--check"] },
  { name: "lint", command: "oxlint", args: ["--type-aware", "--deny-warnings"] },
  { name: "layers", command: process.execPath, args: ["scripts/layers.ts"] },
  { name: "types", command: "tsc", args: [] },
  { name: "dead code", command: "knip", args: [] },
  { name: "unit tests", command: "vitest", args: ["run", "--project", "unit"] },
  { name: "infrastructure", command: process.execPath, args: ["scripts/infra-check.ts"] },
  { name: "build", command: process.execPath, args: ["scripts/build.ts"] },
]);
process.exitCode = passed ? 0 : 1;
