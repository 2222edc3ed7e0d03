// Asks for the notices of a campaign, page by page; the position is kept in the campaign's row. Asking again changes
// nothing, so a page that was interrupted is asked for once more.

import { describeFailure, PermanentFailure } from "../kernel/failures.ts";
import { latestNotice, reminders } from "../kernel/time/notice.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { NewNotice } from "../notices/notice.ts";
import type { Organisation } from "../organisations/organisation.ts";
import type { Round } from "./round.ts";
import { moveCampaign, type Campaign } from "./core/campaign.ts";
import type { Upgrade } from "./core/upgrade.ts";
import { startUnlessStopped, type StopVersionDeps } from "./stop-version.ts";
import type { UpgradeStore } from "./store.ts";

export interface AnnounceDeps extends StopVersionDeps {
  readonly store: UpgradeStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly organisationOf: (organisationId: string) => Promise<Organisation | undefined>;
  readonly requestNotices: (asked: readonly NewNotice[]) => Promise<unknown>;
}

const PAGE = 100;
const AT_ONCE = 10;
const DAY_MS = 86_400_000;

export async function announceNext(deps: AnnounceDeps, campaign: Campaign): Promise<Round> {
  const { campaignId, announceCursor } = campaign;
  const now = deps.clock.now();
  const page = await deps.store.listUpgrades(campaignId, PAGE, announceCursor);
  const waiting = page.items.map(({ upgrade }) => upgrade).filter(({ state }) => state === "scheduled");
  for (let start = 0; start < waiting.length; start += AT_ONCE) {
    await Promise.all(
      waiting.slice(start, start + AT_ONCE).map((upgrade) => announceOne(deps, campaign, upgrade, now)),
    );
  }
  if (page.cursor !== undefined)
    return { campaign: { ...campaign, announceCursor: page.cursor }, changes: [], isMore: true };
  const { announceCursor: _, ...announced } = campaign;
  if (campaign.kind === "hotfix")
    return { campaign: await startUnlessStopped(deps, announced), changes: [], isMore: true };
  const done = moveCampaign(announced, "announcing", now);
  return { campaign: done.ok ? done.value : announced, changes: [], isMore: true };
}

/** What cannot be announced is not upgraded (there is no evidence), and must not hold up the others. */
async function announceOne(deps: AnnounceDeps, campaign: Campaign, upgrade: Upgrade, now: number): Promise<void> {
  const { campaignId, organisationId } = upgrade;
  const organisation = await deps.organisationOf(organisationId);
  if (organisation === undefined) {
    // The registry refuses to remove an organisation that is in a campaign, so this is a defect somewhere else.
    deps.log.error("upgrade.notRegistered", { campaignId, organisationId });
    return;
  }
  try {
    await deps.requestNotices(
      upgrade.appointment === undefined
        ? [hotfixNotice(campaign, upgrade, organisation, now)]
        : datedNotices("announcement", upgrade, organisation, now),
    );
  } catch (error) {
    if (!(error instanceof PermanentFailure)) throw error;
    deps.log.error("upgrade.notAnnounced", { campaignId, organisationId, reason: describeFailure(error) });
  }
}

/** A notice that tells a date, and its reminders. Empty for an upgrade without a date. */
export function datedNotices(
  kind: "announcement" | "change",
  upgrade: Upgrade,
  organisation: Organisation,
  now: number,
): readonly NewNotice[] {
  const { appointment } = upgrade;
  if (appointment === undefined) return [];
  const { start, end, previousStart } = appointment;
  const base = {
    ...noticeBase(upgrade, organisation, { start, end }),
    sequence: appointment.revision,
    canReschedule: true,
  };
  const dated: NewNotice = {
    ...base,
    kind,
    appointment: {
      ...base.appointment,
      ...(kind === "change" && previousStart !== undefined ? { previousStart } : {}),
    },
    notBefore: now,
    deadline: Math.max(now, latestNotice(appointment)),
  };
  const later = reminders(appointment).filter(({ dueAt }) => dueAt > now);
  return [
    dated,
    ...later.map(({ daysBefore, dueAt }): NewNotice => ({
      ...base,
      kind: daysBefore === 7 ? "reminder7" : "reminder1",
      notBefore: dueAt,
      deadline: dueAt + DAY_MS / 2,
    })),
  ];
}

/** Sent at once: a hotfix does not wait four weeks. It says by when everybody's turn will have come. */
function hotfixNotice(campaign: Campaign, upgrade: Upgrade, organisation: Organisation, now: number): NewNotice {
  const { firstStart = now, expectedEnd = firstStart + DAY_MS } = campaign;
  const base = noticeBase(upgrade, organisation, { start: firstStart, end: expectedEnd });
  return { ...base, kind: "hotfix", notBefore: firstStart, deadline: firstStart };
}

/** What all notices of an upgrade have in common. */
export function noticeBase(
  { campaignId, organisationId, targetVersion, fromVersion, appointment }: Upgrade,
  { name, language, contacts, timeZone }: Organisation,
  span: { readonly start: number; readonly end: number },
): Omit<NewNotice, "kind" | "notBefore" | "deadline"> {
  return {
    campaignId,
    organisationId,
    sequence: appointment?.revision ?? 0,
    language,
    recipients: [...contacts],
    appointment: {
      organisationName: name,
      timeZone: appointment?.zone ?? timeZone,
      ...span,
      version: targetVersion,
      ...(fromVersion === undefined ? {} : { previousVersion: fromVersion }),
    },
  };
}
