// kill -9 of a part in the middle of a campaign: the supervisor starts it again with its data, and nothing is lost,
// doubled or stuck.

import { expect, test } from "vitest";
import { portsFrom, startSample } from "../support/sample-run.ts";

/** Different moments in different runs; printed, so that a failure can be looked at again. */
const seed = Number(process.env["KILL_SEED"] ?? Date.now() % 1000);

/** The campaign runs, and at least so many organisations have succeeded. */
const runningWith = (count: number): RegExp => {
  const counts = Array.from({ length: 16 - count }, (_, index) => count + index);
  return new RegExp(`Campaign running: .* (?:${counts.join("|")}) succeeded`, "u");
};

test.concurrent.each([
  ["functions", 27_100],
  ["servicebus", 27_200],
  ["azurite", 27_300],
] as const)("kill -9 of %s in the middle of a campaign loses nothing", async (part, port) => {
  const run = startSample(["--once", "--json", "--organisations", "16"], portsFrom(port));
  // The moment differs from run to run, and never depends on how fast the machine is: 0 to 9 of 16 have succeeded.
  await run.printed(runningWith(seed % 10));
  await run.kill(part);
  const { code, report } = await run.ended;
  expect(report, run.output().slice(-3000)).toBeDefined();
  // An error of the app is worth more than the figures below.
  if (code !== 0) console.log(run.output().slice(-12_000));
  expect({
    seed,
    code,
    deadLettered: report?.messagesDeadLettered,
    appliedTwice: report?.controlPlane.appliedTwice,
  }).toEqual({ seed, code: 0, deadLettered: 0, appliedTwice: 0 });
  const outcomes = report?.organisations.map((organisation) => [organisation.online, organisation.outcome]);
  expect(outcomes?.filter(([online, outcome]) => online === true && outcome === "succeeded")).toHaveLength(15);
  expect(outcomes?.filter(([online, outcome]) => online === true && outcome === "rolledBack")).toHaveLength(1);
  // What was announced long ago, and what is announced now, get where they should as well.
  const upgraded = report?.upgraded.map(({ online, outcome }) => [online, outcome]);
  expect(upgraded).toEqual(Array.from({ length: 4 }, () => [true, "succeeded"]));
  const notices = report?.announcing.notices.map(({ status, calendar }) => [status, calendar]);
  expect(notices).toEqual(Array.from({ length: 4 }, () => ["accepted", true]));
});
