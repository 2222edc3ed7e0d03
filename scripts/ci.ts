// What CI runs: the commands of the README in their order. Ends with `N passed, N failed`, counted from the reports.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

let passed = 0;
let failed = 0;

const run = (command: string, args: readonly string[], pipe = false) => {
  console.log(`\n$ ${command} ${args.join(" ")}`);
  return spawnSync(command, args, {
    stdio: ["ignore", pipe ? "pipe" : "inherit", "inherit"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
};

/** A command that is right when it ends with 0 counts as one test. */
function countCommand(command: string, args: readonly string[]): void {
  if (run(command, args).status === 0) passed += 1;
  else failed += 1;
}

function countTests(): void {
  const { status } = run("npm", ["test"]);
  const report: { numPassedTests: number; numFailedTests: number } = JSON.parse(
    readFileSync(".local/test-report.json", "utf8"),
  );
  passed += report.numPassedTests;
  // A suite that could not even load has no failed test, but the run has failed.
  failed += Math.max(report.numFailedTests, status === 0 ? 0 : 1);
}

function countDotnet(): void {
  const { status, stdout } = run("npm", ["run", "--silent", "test:dotnet"], true);
  console.log(stdout);
  const counts = /(\d+) passed, (\d+) failed/.exec(stdout);
  passed += Number(counts?.[1] ?? 0);
  failed += Math.max(Number(counts?.[2] ?? 0), status === 0 ? 0 : 1);
}

countCommand("npm", ["run", "check"]);
countTests();
countDotnet();
countCommand("npm", ["start", "--", "--once", "--json"]);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
