// Seed data: an upgrade campaign that was announced 31 days ago and whose windows are open now. Made by the app's own use
// cases with a clock that is 31 days behind, so that the rows are those which the app would have written then.

import { noticeComposer } from "../../shared/customer-links/notice-composer.ts";
import { wallText, wallTimeAt } from "../../shared/kernel/time/wall-time.ts";
import { composeMail, noticeOperationId } from "../../shared/notices/compose-mail.ts";
import { accepted } from "../../shared/notices/core/transitions.ts";
import { freshNotice, type NewNotice } from "../../shared/notices/core/notice.ts";
import { noticeStore } from "../../shared/notices/store.ts";
import { organisationSchema, type Organisation } from "../../shared/organisations/organisation.ts";
import { organisationStore } from "../../shared/organisations/store.ts";
import { azureMailer } from "../../shared/platform/mail/azure-mail.ts";
import { azureTables } from "../../shared/platform/tables/azure-tables.ts";
import type { Bus } from "../../shared/platform/bus/bus.ts";
import { logTo } from "../../shared/platform/telemetry/log.ts";
import { EVENTS, type Settings } from "../../shared/capabilities.ts";
import { announceNext } from "../../shared/upgrades/campaigns/announce.ts";
import { createCampaign } from "../../shared/upgrades/campaigns/create-campaign.ts";
import { quarantineStore } from "../../shared/upgrades/quarantines/quarantine-store.ts";
import { commandCampaign } from "../../shared/upgrades/campaigns/campaign-commands.ts";
import { upgradeStore } from "../../shared/upgrades/store/store.ts";
import type { FleetMember } from "../fleet.ts";
import { organisationBody } from "./seed.ts";

const DAY_MS = 86_400_000;
const AGE_MS = 31 * DAY_MS;
/** How long the windows of these organisations have been open. */
const OPEN_SINCE_MS = 30 * 60_000;

/** The member with a window that is open now, in its own wall time. */
export function withOpenWindow(member: FleetMember, now: number): FleetMember {
  const opened = wallTimeAt(now - OPEN_SINCE_MS, member.timeZone);
  const weekday = WEEKDAYS[opened.dayOfWeek - 1] ?? "monday";
  const start = wallText(opened).slice(-5);
  return { ...member, maintenanceWindow: { kind: "weekly", weekdays: [weekday], start, durationMinutes: 360 } };
}

const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;

/** The id of the campaign: its customers were told 31 days ago (and reminded since), and it is about to run. */
export async function seedAnnouncedCampaign(
  settings: Settings,
  members: readonly FleetMember[],
  versions: { readonly present: string; readonly next: string },
  now: number,
): Promise<string> {
  const deps = pastWorld(settings, members, versions.present, now);
  const author = { kind: "tool", clientId: "operator-a" } as const;
  const created = await createCampaign(
    deps,
    {
      campaignId: `c-announced-${now.toString(36)}`,
      kind: "upgrade",
      version: versions.next,
      organisations: deps.organisations,
      isWholeFleet: false,
      approvers: ["tool:release-manager"],
      rings: [{ ring: "broad", soakMs: 0 }],
      standardSoakMs: 0,
      maxInFlight: members.length,
      failureBudget: members.length,
      stampFailureBudget: members.length,
      notBefore: now - DAY_MS / 2,
    },
    author,
  );
  if (!created.ok) throw new Error(`The announced campaign was refused: ${JSON.stringify(created.error)}`);
  const { campaign } = created.value;
  const { campaignId } = campaign;
  // Before it is approved: from then on the app's own coordinator may look at it, and would miss the evidence.
  await announceNext(deps, { ...campaign, state: "approved" });
  const approved = await commandCampaign(deps, campaignId, "approve", { kind: "tool", clientId: "release-manager" });
  if (!approved.ok) throw new Error(`The announced campaign was not approved: ${JSON.stringify(approved.error)}`);
  return campaignId;
}

function pastWorld(settings: Settings, members: readonly FleetMember[], present: string, now: number) {
  if (settings.storage.kind !== "connectionString") throw new Error("The sample run needs the local storage.");
  const tables = azureTables(settings.storage);
  const clock = { now: () => now - AGE_MS };
  const organisations = members
    .map((member): Organisation =>
      organisationSchema.parse({ ...organisationBody(member), organisationId: member.organisationId }),
    )
    .toSorted((a, b) => (a.organisationId < b.organisationId ? -1 : 1));
  const byId = new Map(organisations.map((organisation) => [organisation.organisationId, organisation]));
  const hour = 3_600_000;
  return {
    tables,
    clock,
    log: logTo(EVENTS),
    organisations,
    bus: NO_BUS,
    registry: organisationStore(tables),
    store: upgradeStore(tables),
    quarantines: quarantineStore(tables),
    quarantineRule: settings.upgrade.quarantine,
    tickMs: settings.upgrade.campaignTickMs,
    freezes: async () => [],
    need: async () => ({ upgradeMs: hour, rollBackMs: hour }),
    versionOf: async () => present,
    organisationOf: async (organisationId: string) => byId.get(organisationId),
    noticeWaitMs: 0,
    planAnnouncement: async () => ({ kind: "fits", lastSentAt: clock.now(), beginBy: clock.now() }) as const,
    // Nobody could be told of what goes wrong here: it must be seen at once.
    raiseIncident: async (incident: { readonly title: string }) => {
      throw new Error(incident.title);
    },
    requestNotices: (asked: readonly NewNotice[]) => sendInThePast(settings, asked, now),
  };
}

/** Its wake-ups would be 31 days old: the reconciler finds the campaign. */
const NO_BUS: Bus = { send: async () => {}, close: async () => {} };

/** Each mail lies in the sink, and its notice was accepted when it was due: the announcement then, the reminders since. */
async function sendInThePast(settings: Settings, asked: readonly NewNotice[], now: number): Promise<void> {
  const { mail, storage, publicBaseUrl } = settings;
  if (mail.access.kind !== "connectionString" || storage.kind !== "connectionString") throw new Error("Only locally.");
  const mailer = azureMailer({ connectionString: mail.access.connectionString, sender: mail.sender });
  const store = noticeStore(azureTables(storage));
  const composer = noticeComposer({
    baseUrl: publicBaseUrl,
    keys: settings.linkKeys,
    supportAddress: mail.supportAddress,
    organizer: { name: "DocuWare Cloud Operations", email: mail.sender },
  });
  for (const one of asked) {
    const at = Math.max(one.notBefore, now - AGE_MS);
    const notice = freshNotice(one, at);
    await store.rememberMail(noticeOperationId(notice), notice);
    await mailer.send(composeMail(notice, composer, at));
    const done = accepted(notice, at);
    if (done !== undefined) await store.insert(done);
  }
}
