// Which notices a customer gets about their upgrade, and what they say; asking for them is announce.ts and tell.ts.

import { latestNotice, reminders } from "../../kernel/time/notice.ts";
import type { NewNotice } from "../../notices/notice.ts";
import type { Organisation } from "../../organisations/organisation.ts";
import type { Campaign } from "./campaign.ts";
import type { ToldKind } from "./told.ts";
import type { Upgrade } from "./upgrade.ts";

const DAY_MS = 86_400_000;

/** When a campaign begins to tell its customers: four weeks ahead, or at once for a hotfix. */
export const announcementOf = (
  campaign: Campaign,
  upgrade: Upgrade,
  organisation: Organisation,
  now: number,
): readonly NewNotice[] =>
  upgrade.appointment === undefined
    ? [hotfixNotice(campaign, upgrade, organisation, now)]
    : datedNotices("announcement", upgrade, organisation, now);

/**
 * What the customer is told of a move; nothing of those that are not theirs to know: support tells in person what a machine
 * cannot explain. Of `skipped`: cancellationOf.
 */
export function noticesAbout(
  kind: Exclude<ToldKind, "skipped">,
  upgrade: Upgrade,
  organisation: Organisation,
  now: number,
): readonly NewNotice[] {
  switch (kind) {
    case "appointed":
      return datedNotices("change", upgrade, organisation, now);
    case "succeeded":
      return reports("completion", upgrade, organisation);
    case "rolledBack":
      return reports("rollBack", upgrade, organisation);
    case "needsHuman":
    case "started":
    case "rollingBack":
      return [];
  }
}

function reports(kind: "completion" | "rollBack", upgrade: Upgrade, organisation: Organisation): readonly NewNotice[] {
  const { offlineFrom, onlineAgainAt } = upgrade;
  // It never was offline: nothing happened that the customer could have noticed.
  if (offlineFrom === undefined || onlineAgainAt === undefined) return [];
  const base = noticeBase(upgrade, organisation, { start: offlineFrom, end: Math.max(onlineAgainAt, offlineFrom + 1) });
  return [{ ...base, kind, notBefore: onlineAgainAt, deadline: onlineAgainAt }];
}

/** For whoever was told of the upgrade. */
export function cancellationOf(
  campaign: Campaign,
  upgrade: Upgrade,
  organisation: Organisation,
  now: number,
): NewNotice {
  const { appointment } = upgrade;
  const base = noticeBase(upgrade, organisation, appointment ?? hotfixSpan(campaign, now));
  return { ...base, sequence: base.sequence + 1, kind: "cancellation", notBefore: now, deadline: now };
}

/** A notice that tells a date, and its reminders. Empty for an upgrade without a date. */
function datedNotices(
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
  const span = hotfixSpan(campaign, now);
  const base = noticeBase(upgrade, organisation, span);
  return { ...base, kind: "hotfix", notBefore: span.start, deadline: span.start };
}

/** A hotfix has no date of its own for anybody: the last approval sets when it begins and when all will have had it. */
function hotfixSpan({ firstStart, expectedEnd }: Campaign, now: number) {
  const start = firstStart ?? now;
  return { start, end: expectedEnd ?? start + DAY_MS };
}

/** What all notices of an upgrade have in common. */
function noticeBase(
  { campaignId, organisationId, targetVersion, fromVersion, appointment }: Upgrade,
  { name, language, contacts, timeZone }: Organisation,
  { start, end }: { readonly start: number; readonly end: number },
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
      start,
      end,
      version: targetVersion,
      ...(fromVersion === undefined ? {} : { previousVersion: fromVersion }),
    },
  };
}
