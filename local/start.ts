// `npm start`: the whole system on one machine with a sample fleet. Every organisation is tested once, then a hotfix
// goes out to all of them, and one upgrade fails on purpose.

import { fleet, type FleetMember } from "./fleet.ts";
import {
  campaignResult,
  controlPlaneCount,
  deadLettered,
  followCampaign,
  injectUpgradeFailure,
  nextVersion,
  settleEarlierCampaigns,
  simulated,
  startCampaign,
  type Progress,
} from "./scenario/campaign.ts";
import { apiAs } from "./scenario/api.ts";
import { checkFleet } from "./scenario/checks.ts";
import { progressLine, type ProgressLine } from "./scenario/progress.ts";
import { closingTable, organisationRows, shortcomings, type Report } from "./scenario/report.ts";
import { seedRegistry } from "./scenario/seed.ts";
import { ADDRESSES, startLocalStack } from "./stack.ts";
import { describeEvent } from "./supervisor/describe-event.ts";
import { ClearError, errorText } from "./support/clear-error.ts";
import { readOptions } from "./support/options.ts";
import type { Stack } from "./supervisor/supervisor.ts";

interface StartOptions {
  readonly organisations: number;
  readonly dataDir: string;
  readonly fresh: boolean;
  readonly once: boolean;
  readonly json: boolean;
}

/** The simulated steps take seconds, not minutes as in the cloud: look as often as that needs. */
const PACE = { CAMPAIGN_TICK_SECONDS: "0.5", UPGRADE_POLL_SECONDS: "0.5", UPGRADE_VERIFY_PAUSE_SECONDS: "2" };

async function start(options: StartOptions): Promise<void> {
  const line = progressLine(process.stdout);
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt.abort());
  line.note(`Starting the local stack (data and logs in ${options.dataDir}) ...`);
  const stack = await startLocalStack(
    { organisations: options.organisations, speed: 1, dataDir: options.dataDir, fresh: options.fresh, settings: PACE },
    {
      signal: interrupt.signal,
      onEvent: (event) => {
        const text = describeEvent(event);
        if (text !== undefined) line.note(text);
      },
    },
  );
  const interrupted = new Promise<"interrupted">((resolve) =>
    interrupt.signal.addEventListener("abort", () => resolve("interrupted"), { once: true }),
  );
  const gaveUp = stack.ended.then((reason) => {
    if (reason !== undefined) throw reason;
    return "interrupted" as const;
  });
  try {
    const report = await Promise.race([runSample(options, line), interrupted, gaveUp]);
    if (report === "interrupted") return;
    finish(options, line, report);
    if (!options.once) await stayUp(stack, line, [interrupted, gaveUp]);
  } finally {
    await stack.stop();
  }
}

async function runSample(options: StartOptions, line: ProgressLine): Promise<Report> {
  const api = apiAs("operator-a");
  const members = fleet(options.organisations);
  line.show(`Registering ${members.length} organisations ...`);
  await settleEarlierCampaigns(api, line.note);
  await seedRegistry(api, members);
  const functionalChecks = await checkFleet(api, members, (done) =>
    line.show(`Functional suite: ${done} of ${members.length} organisations`),
  );
  const begun = Date.now();
  const version = await nextVersion();
  const victim = unlucky(members);
  await injectUpgradeFailure(victim);
  line.note(`Hotfix ${version} goes out; the upgrade of ${victim.organisationId} will fail once, on purpose.`);
  const campaignId = await startCampaign(version, members, Math.min(50, Math.max(4, Math.ceil(members.length / 10))));
  await followCampaign(api, campaignId, (progress) => line.show(describeProgress(progress)), 10 + members.length / 10);
  const upgrades = await campaignResult(api, campaignId);
  return {
    campaign: { campaignId, version, seconds: Math.round((Date.now() - begun) / 1000) },
    organisations: organisationRows(upgrades, await simulated()),
    functionalChecks,
    messagesDeadLettered: await deadLettered(),
    controlPlane: await controlPlaneCount(members),
  };
}

/** Somewhere in the middle of the broad ring, where most organisations are. */
function unlucky(members: readonly FleetMember[]): FleetMember {
  const broad = members.filter((member) => member.ring === "broad");
  const victim = broad[Math.floor(broad.length / 2)] ?? members[0];
  if (victim === undefined) throw new ClearError("The fleet is empty.");
  return victim;
}

function describeProgress({ state, counts }: Progress): string {
  const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return `Campaign ${state}: ${parts.join(", ")}`;
}

function finish(options: StartOptions, line: ProgressLine, report: Report): void {
  line.note(`\n${closingTable(report)}`);
  const wrong = shortcomings(report);
  for (const sentence of wrong) line.note(sentence);
  if (options.json) console.log(JSON.stringify(report));
  if (wrong.length > 0) process.exitCode = 1;
}

async function stayUp(stack: Stack, line: ProgressLine, ends: readonly Promise<unknown>[]): Promise<void> {
  line.note("\nEverything stays up, the timers run; Ctrl-C stops it.");
  for (const [name, address] of Object.entries(ADDRESSES)) line.note(`  ${name.padEnd(13)}${address}`);
  await Promise.race(ends);
  line.note("Stopping ...");
  await stack.stop();
}

function parse(args: readonly string[]): StartOptions {
  const options = readOptions("start", args, ["organisations", "data"], ["once", "json", "fresh"]);
  const organisations = options.positive("organisations") ?? 12;
  if (!Number.isInteger(organisations) || organisations < 12 || organisations > 2000) {
    throw new ClearError("start: --organisations must be a whole number from 12 to 2000.");
  }
  return {
    organisations,
    dataDir: options.text("data", ".local"),
    fresh: options.flag("fresh"),
    once: options.flag("once"),
    json: options.flag("json"),
  };
}

try {
  await start(parse(process.argv.slice(2)));
} catch (error) {
  console.error(errorText(error));
  if (process.env["LOCAL_TRACE"] === "1") console.error(error);
  process.exitCode = 1;
}
process.exit();
