// `npm test`: every test. Arguments go to vitest, e.g. `npm test -- test/unit` or `npm test -- --project contract`.

import { spawnSync } from "node:child_process";

/** For .ci/run, which counts. */
const report = ".local/test-report.json";

const { status } = spawnSync(
  "vitest",
  ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...process.argv.slice(2)],
  { stdio: "inherit", shell: process.platform === "win32" },
);
process.exitCode = status ?? 1;
