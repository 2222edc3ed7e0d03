// What the API answers about one upgrade.

import { z } from "zod";
import { latestNotice } from "../../kernel/time/notice.ts";
import { optionalRfc3339, rfc3339 } from "../../kernel/rfc3339.ts";
import { NOTICE_KINDS } from "../../notices/core/notice.ts";
import { withExamples } from "../../platform/http/example.ts";
import type { CsvColumn } from "../../platform/http/csv.ts";
import type { Appointment } from "../core/appointment.ts";
import { UPGRADE_STATES } from "../core/moves.ts";
import { offlineSeconds, type HistoryEntry, type Upgrade } from "../core/upgrade.ts";
import type { PreviewedNotice } from "./preview.ts";

const dateTime = z.iso.datetime({ offset: true });

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

export const APPOINTMENT_EXAMPLE: z.input<typeof appointmentView> = {
  wallStart: "2026-12-29T20:30",
  zone: "Europe/Berlin",
  start: "2026-12-29T19:30:00.000Z",
  end: "2026-12-30T00:30:00.000Z",
  revision: 0,
  noticeBy: "2026-12-01T19:30:00.000Z",
};
const ROLLED_BACK = {
  campaignId: "c-c10fe71c98478a09",
  organisationId: "harbor-publishing",
  stamp: "eu-1",
  ring: "broad",
  state: "rolledBack",
  fromVersion: "7.12.1.100",
  targetVersion: "7.12.1.101",
  enteredAt: "2026-11-28T16:07:41.084Z",
  turnBackAt: "2026-11-28T19:07:30.787Z",
  backOnlineBy: "2026-11-28T20:07:30.787Z",
  failure: "upgrade failed: operationFailed: database schema update failed at step 17",
  offlineFrom: "2026-11-28T16:07:30.841Z",
  onlineAgainAt: "2026-11-28T16:07:41.084Z",
  offlineSeconds: 10,
} as const;

export const upgradeView = withExamples(
  z.object({
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
  }),
  ROLLED_BACK,
);

export const previewedNoticeView = z.object({
  kind: z.enum(NOTICE_KINDS),
  sentFrom: dateTime.optional().describe("Absent: as soon as the upgrade has ended."),
  acceptedBy: dateTime.optional(),
});

export const viewPreviewedNotices = (notices: readonly PreviewedNotice[]): z.infer<typeof previewedNoticeView>[] =>
  notices.map(({ kind, sentFrom, acceptedBy }) => ({
    kind,
    ...optionalRfc3339("sentFrom", sentFrom),
    ...optionalRfc3339("acceptedBy", acceptedBy),
  }));

/** An upgrade after a verb, and with dryRun what its customer would be told. */
export const commandedUpgradeView = withExamples(
  upgradeView.extend({
    notices: z.array(previewedNoticeView).optional().describe("With dryRun: what the customer would be told."),
  }),
  {
    campaignId: "c-ea76746008018523",
    organisationId: "elbe-insurance",
    stamp: "eu-1",
    ring: "broad",
    state: "scheduled",
    appointment: APPOINTMENT_EXAMPLE,
    targetVersion: "7.13.0.1",
    enteredAt: "2026-11-28T16:06:54.990Z",
    notices: [{ kind: "change", sentFrom: "2026-11-28T16:09:00.000Z", acceptedBy: "2026-12-01T19:30:00.000Z" }],
  },
);

export const upgradeHistoryView = withExamples(
  upgradeView.extend({
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
  }),
  {
    ...ROLLED_BACK,
    history: [
      {
        sequence: 1,
        from: "scheduled",
        to: "goingOffline",
        by: "worker:campaign-ticks",
        at: "2026-11-28T16:07:30.841Z",
      },
      {
        sequence: 4,
        from: "upgrading",
        to: "restoring",
        by: "worker:upgrade-steps",
        reason: ROLLED_BACK.failure,
        at: "2026-11-28T16:07:37.018Z",
      },
    ],
  },
);

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
    ...(fromVersion === undefined ? {} : { fromVersion }),
    enteredAt: rfc3339(upgrade.enteredAt),
    ...optionalRfc3339("deadline", upgrade.deadline),
    ...optionalRfc3339("turnBackAt", upgrade.turnBackAt),
    ...optionalRfc3339("backOnlineBy", upgrade.backOnlineBy),
    ...(failure === undefined ? {} : { failure }),
    ...optionalRfc3339("offlineFrom", upgrade.offlineFrom),
    ...optionalRfc3339("onlineAgainAt", upgrade.onlineAgainAt),
    ...(seconds === undefined ? {} : { offlineSeconds: seconds }),
  };
}

export function viewUpgradeWithHistory(
  upgrade: Upgrade,
  history: readonly HistoryEntry[],
): z.infer<typeof upgradeHistoryView> {
  return {
    ...viewUpgrade(upgrade),
    history: history.map(({ organisationId: _, at, ...entry }) => ({ ...entry, at: rfc3339(at) })),
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
