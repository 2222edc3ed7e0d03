// `npm run infra:check`: the templates without Azure. Diagnostics, format, golden files, rules, code against template,
// and the list of faults that must be caught. `-- --update` writes the golden files anew; look at their difference then.

import { spawnSync } from "node:child_process";
import { resolveBicep } from "./bicep/resolve-bicep.ts";

const args = process.argv.slice(2);
const unknown = args.filter((arg) => arg !== "--update");
if (unknown.length > 0) {
  console.error(`Unknown argument ${unknown.join(" ")}. Usage: npm run infra:check [-- --update]`);
  process.exitCode = 2;
} else {
  // Resolved here first, so that a download has its own time and its own clear error.
  const env = { ...process.env, BICEP_PATH: resolveBicep(), ...(args.length > 0 ? { INFRA_UPDATE: "1" } : {}) };
  const { status } = spawnSync("vitest", ["run", "--project", "infra"], {
    stdio: "inherit",
    env,
    shell: process.platform === "win32",
  });
  process.exitCode = status ?? 1;
}
