// Which notices a customer gets about their upgrade, and what they say; asking for them is announce.ts and tell.ts.

import { defined } from "../../kernel/defined.ts";
import { DAY_MS } from "../../kernel/time/durations.ts";
import { latestNotice, reminders } from "../../kernel/time/notice.ts";
import type { NewNotice } from "../../notices/core/notice.ts";
import type { Organisation } from "../../organisations/organisation.ts";
import type { Campaign } from "../core/campaign.ts";
import type { NewsKind } from "../core/outbox.ts";
import { type Pace } from "../core/pace.ts";
import { turnOf } from "../core/turn.ts";
import type { Upgrade } from "../core/upgrade.ts";

/** When a campaign begins to tell its customers: four weeks ahead, or at once for a hotfix. */
export const announcementOf = (
  campaign: Campaign,
  upgrade: Upgrade,
  organisation: Organisation,
  now: number,
): readonly NewNotice[] =>
  upgrade.appointment === undefined
    ? [hotfixNotice(campaign, upgrade, organisation, now)]
    : datedNotices("announcement", upgrade, organisation, now, campaign.pace);

/**
 * What the customer is told of a move; nothing of those that are not theirs to know: support tells in person what a machine
 * cannot explain. Of `skipped`: cancellationOf.
 */
export function noticesAbout(
  kind: Exclude<NewsKind, "skipped">,
  upgrade: Upgrade,
  organisation: Organisation,
  now: number,
  pace?: Pace,
): readonly NewNotice[] {
  switch (kind) {
    case "appointed":
      return datedNotices("change", upgrade, organisation, now, pace);
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
  because?: NewNotice["appointment"]["because"],
): NewNotice {
  const { appointment } = upgrade;
  const base = noticeBase(upgrade, organisation, appointment ?? hotfixSpan(campaign, upgrade, now));
  return {
    ...base,
    appointment: { ...base.appointment, ...defined({ because }) },
    sequence: base.sequence + 1,
    kind: "cancellation",
    notBefore: now,
    deadline: now,
  };
}

/** A notice that tells a date, and its reminders. Empty for an upgrade without a date. */
function datedNotices(
  kind: "announcement" | "change",
  upgrade: Upgrade,
  organisation: Organisation,
  now: number,
  pace: Pace | undefined,
): readonly NewNotice[] {
  const { appointment } = upgrade;
  if (appointment === undefined) return [];
  const { start, end, previousStart } = appointment;
  const base = {
    ...noticeBase(upgrade, organisation, { start, end }, { offlineMs: pace?.usualMs }),
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

/** Sent at once: a hotfix does not wait four weeks. It says when the turn of this organisation will come, and why. */
function hotfixNotice(campaign: Campaign, upgrade: Upgrade, organisation: Organisation, now: number): NewNotice {
  const span = hotfixSpan(campaign, upgrade, now);
  const reason = campaign.reason?.[organisation.language];
  const base = noticeBase(upgrade, organisation, span, { offlineMs: campaign.pace?.usualMs, reason });
  return { ...base, kind: "hotfix", notBefore: campaign.firstStart ?? now, deadline: span.expected };
}

/** A hotfix has no date of its own for anybody: the last approval sets when it begins, and the order does the rest. */
function hotfixSpan(campaign: Campaign, upgrade: Upgrade, now: number) {
  const begin = campaign.firstStart ?? now;
  const { from, expected, until } =
    campaign.pace === undefined
      ? { from: begin, expected: begin, until: begin + DAY_MS }
      : turnOf(campaign, campaign.pace, upgrade, begin);
  return { start: from, expected, end: until };
}

/** What all notices of an upgrade have in common. */
function noticeBase(
  { campaignId, organisationId, targetVersion, fromVersion, appointment }: Upgrade,
  { name, language, contacts, timeZone }: Organisation,
  { start, end }: { readonly start: number; readonly end: number },
  { offlineMs, reason }: { readonly offlineMs?: number | undefined; readonly reason?: string | undefined } = {},
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
      ...defined({ offlineMs, reason }),
      ...(appointment === undefined ? { work: "hotfix" as const } : {}),
      ...defined({ previousVersion: fromVersion }),
    },
  };
}
