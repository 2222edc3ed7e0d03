// What the API answers about one upgrade.

import { defined } from "../../kernel/defined.ts";
import { z } from "zod";
import { latestNotice } from "../../kernel/time/notice.ts";
import { dateTime, rfc3339 } from "../../kernel/rfc3339.ts";
import { NOTICE_KINDS } from "../../notices/core/notice.ts";
import type { CsvColumn } from "../../platform/http/csv.ts";
import type { Appointment } from "../core/appointment.ts";
import { UPGRADE_STATES } from "../core/moves.ts";
import { offlineSeconds, type HistoryEntry, type Upgrade } from "../core/upgrade.ts";
import type { PreviewedNotice } from "./preview.ts";
import examples from "../examples.json" with { type: "json" };

export const appointmentView = z.object({
  wallStart: z.string().describe("In the organisation's wall time."),
  zone: z.string(),
  start: dateTime,
  end: dateTime,
  revision: z.int(),
  noticeBy: dateTime.describe("A notice must have been accepted by then."),
});

export const viewAppointment = (appointment: Appointment): z.infer<typeof appointmentView> => ({
  wallStart: appointment.wallStart,
  zone: appointment.zone,
  start: rfc3339(appointment.start),
  end: rfc3339(appointment.end),
  revision: appointment.revision,
  noticeBy: rfc3339(latestNotice(appointment)),
});

export const upgradeView = z
  .object({
    campaignId: z.string(),
    organisationId: z.string(),
    stamp: z.string(),
    ring: z.string(),
    state: z.enum(UPGRADE_STATES),
    appointment: appointmentView.optional(),
    fromVersion: z.string().optional(),
    targetVersion: z.string(),
    enteredAt: dateTime,
    deadline: dateTime.optional(),
    turnBackAt: dateTime.optional(),
    backOnlineBy: dateTime.optional(),
    failure: z.string().optional(),
    offlineFrom: dateTime.optional(),
    onlineAgainAt: dateTime.optional(),
    offlineSeconds: z.int().optional(),
  })
  .meta({ examples: examples.upgrade });

export const previewedNoticeView = z.object({
  kind: z.enum(NOTICE_KINDS),
  sentFrom: dateTime.optional().describe("Absent: as soon as the upgrade has ended."),
  acceptedBy: dateTime.optional(),
});

export const viewPreviewedNotices = (notices: readonly PreviewedNotice[]): z.infer<typeof previewedNoticeView>[] =>
  notices.map(({ kind, sentFrom, acceptedBy }) => ({
    kind,
    ...defined({ sentFrom: rfc3339(sentFrom), acceptedBy: rfc3339(acceptedBy) }),
  }));

/** An upgrade after a verb, and with dryRun what its customer would be told. */
export const commandedUpgradeView = upgradeView
  .extend({
    notices: z.array(previewedNoticeView).optional().describe("With dryRun: what the customer would be told."),
  })
  .meta({ examples: examples.commandedUpgrade });

export const upgradeHistoryView = upgradeView
  .extend({
    history: z.array(
      z.object({
        sequence: z.int(),
        from: z.enum(UPGRADE_STATES),
        to: z.enum(UPGRADE_STATES),
        at: dateTime,
        by: z.string(),
        reason: z.string().optional(),
      }),
    ),
  })
  .meta({ examples: examples.history });

export function viewUpgrade(upgrade: Upgrade): z.infer<typeof upgradeView> {
  const { campaignId, organisationId, stamp, ring, state, fromVersion, targetVersion, failure, appointment } = upgrade;
  const seconds = offlineSeconds(upgrade);
  return {
    campaignId,
    organisationId,
    stamp,
    ring,
    state,
    ...(appointment === undefined ? {} : { appointment: viewAppointment(appointment) }),
    targetVersion,
    ...defined({ fromVersion }),
    enteredAt: rfc3339(upgrade.enteredAt),
    ...defined({
      deadline: rfc3339(upgrade.deadline),
      turnBackAt: rfc3339(upgrade.turnBackAt),
      backOnlineBy: rfc3339(upgrade.backOnlineBy),
      failure,
      offlineFrom: rfc3339(upgrade.offlineFrom),
      onlineAgainAt: rfc3339(upgrade.onlineAgainAt),
      offlineSeconds: seconds,
    }),
  };
}

export function viewUpgradeWithHistory(
  upgrade: Upgrade,
  history: readonly HistoryEntry[],
): z.infer<typeof upgradeHistoryView> {
  return {
    ...viewUpgrade(upgrade),
    history: history.map(({ organisationId: _, cause: _cause, at, ...entry }) => ({ ...entry, at: rfc3339(at) })),
  };
}

/** As CSV: one row per upgrade. */
export const UPGRADE_COLUMNS: readonly CsvColumn<Upgrade>[] = [
  { name: "organisationId", cell: ({ organisationId }) => organisationId },
  { name: "ring", cell: ({ ring }) => ring },
  { name: "stamp", cell: ({ stamp }) => stamp },
  { name: "state", cell: ({ state }) => state },
  { name: "start", cell: ({ appointment }) => instantCell(appointment?.start) },
  { name: "fromVersion", cell: ({ fromVersion }) => fromVersion },
  { name: "targetVersion", cell: ({ targetVersion }) => targetVersion },
  { name: "offlineFrom", cell: ({ offlineFrom }) => instantCell(offlineFrom) },
  { name: "onlineAgainAt", cell: ({ onlineAgainAt }) => instantCell(onlineAgainAt) },
  { name: "offlineSeconds", cell: offlineSeconds },
  { name: "failure", cell: ({ failure }) => failure },
];

const instantCell = (instant: number | undefined): string | undefined =>
  instant === undefined ? undefined : rfc3339(instant);
