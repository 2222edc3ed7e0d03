// `npm start`: the whole system on one machine with a sample fleet. Every organisation is tested once. Then a hotfix goes
// out to most of them, and one fails on purpose; an upgrade that was announced four weeks ago runs in its windows; and
// another one is announced, four weeks ahead.

import { fleet, type FleetMember } from "./fleet.ts";
import {
  campaignResult,
  controlPlaneCount,
  deadLettered,
  followCampaign,
  announceUpgrade,
  injectUpgradeFailure,
  nextVersions,
  settleEarlierCampaigns,
  simulated,
  startHotfix,
  type Progress,
} from "./scenario/campaign.ts";
import { apiAs } from "./scenario/api.ts";
import { seedAnnouncedCampaign, withOpenWindow } from "./scenario/announced.ts";
import { checkFleet, fireTimer } from "./scenario/checks.ts";
import { accountForMails } from "./scenario/account-mails.ts";
import { announcedMails } from "./scenario/mails.ts";
import { progressLine, type ProgressLine } from "./scenario/progress.ts";
import { closingTable, organisationRows, shortcomings, type Report } from "./scenario/report.ts";
import { seedRegistry } from "./scenario/seed.ts";
import { ADDRESSES, localAppSettings, startLocalStack } from "./stack.ts";
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
    {
      organisations: options.organisations + 2 * GROUP,
      speed: 1,
      dataDir: options.dataDir,
      fresh: options.fresh,
      settings: PACE,
    },
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

/** So many organisations more are upgraded with four weeks' notice: announced long ago, and announced now. */
const GROUP = 4;

async function runSample(options: StartOptions, line: ProgressLine): Promise<Report> {
  const api = apiAs("operator-a");
  const now = Date.now();
  const all = fleet(options.organisations + 2 * GROUP).map((member) =>
    member.number > options.organisations && member.number <= options.organisations + GROUP
      ? withOpenWindow(member, now)
      : member,
  );
  const members = all.slice(0, options.organisations);
  const [announced, toAnnounce] = [all.slice(-2 * GROUP, -GROUP), all.slice(-GROUP)];
  line.show(`Registering ${all.length} organisations ...`);
  await settleEarlierCampaigns(api, line.note);
  await seedRegistry(api, all);
  const functionalChecks = await checkFleet(api, all, (done) =>
    line.show(`Functional suite: ${done} of ${all.length} organisations`),
  );
  const begun = Date.now();
  const versions = await nextVersions();
  const victim = unlucky(members);
  await injectUpgradeFailure(victim);
  const announcing = await announceUpgrade(versions.upgrade, toAnnounce);
  line.note(`Upgrade ${versions.upgrade} is announced to ${GROUP} organisations, four weeks ahead.`);
  const upgrade = await seedAnnouncedCampaign(
    localAppSettings(),
    announced,
    { present: versions.present, next: versions.upgrade },
    now,
  );
  await fireTimer("reconcile-upgrades");
  line.note(`Upgrade ${versions.upgrade}, announced 31 days ago, runs at ${GROUP} organisations.`);
  line.note(`Hotfix ${versions.hotfix} goes out; the one of ${victim.organisationId} will fail once, on purpose.`);
  const hotfix = await startHotfix(versions.hotfix, members, Math.min(50, Math.max(4, Math.ceil(members.length / 10))));
  const limit = 10 + members.length / 10;
  await followCampaign(api, hotfix, (progress) => line.show(describeProgress(progress)), limit);
  await followCampaign(api, upgrade, (progress) => line.show(describeProgress(progress)), limit);
  const seconds = Math.round((Date.now() - begun) / 1000);
  const accounts = await accountForMails(api, [hotfix, upgrade, announcing], (due) =>
    line.show(`Mails: those to ${due} organisations are still to be sent`),
  );
  const mails = await announcedMails(api, announcing, (done) => line.show(`Announcements: ${done} mails accepted`));
  const seen = await simulated();
  return {
    campaign: { campaignId: hotfix, version: versions.hotfix, seconds },
    organisations: organisationRows(await campaignResult(api, hotfix), seen),
    upgrade: { campaignId: upgrade, version: versions.upgrade },
    upgraded: organisationRows(await campaignResult(api, upgrade), seen),
    announcing: mails,
    mails: accounts,
    functionalChecks,
    messagesDeadLettered: await deadLettered(),
    controlPlane: await controlPlaneCount(all),
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
