// When an upgrade is to take place: the occurrence of the organisation's maintenance window that the customer was told.

import { z } from "zod";
import { instant } from "../../kernel/rfc3339.ts";
import { isNoticeKept } from "../../kernel/time/notice.ts";
import type { Occurrence } from "../../kernel/time/maintenance-window.ts";
import { parseWall, wallText } from "../../kernel/time/wall-time.ts";

export const appointmentSchema = z.object({
  /** What was promised; `start` and `end` are derived from it and from tzdata. */
  wallStart: z.string(),
  zone: z.string(),
  start: instant,
  end: instant,
  /** One more per change: `sequence` of its notices, SEQUENCE of its calendar file. */
  revision: z.int().nonnegative(),
  /** Only notices of this revision or later count for the four weeks: a new date by us begins them anew. */
  noticeFrom: z.int().nonnegative(),
  /** The date announced under `noticeFrom`: what the customer may choose is measured from it. */
  announcedWall: z.string(),
  /** Windows that went by without a start. */
  missed: z.int().nonnegative(),
  /** The start before the latest change. */
  previousStart: instant.optional(),
});
export type Appointment = Readonly<z.infer<typeof appointmentSchema>>;

export const firstAppointment = ({ wallStart, zone, start, end }: Occurrence): Appointment => ({
  wallStart,
  zone,
  start,
  end,
  revision: 0,
  noticeFrom: 0,
  announcedWall: wallStart,
  missed: 0,
});

/** Chosen by the customer: the four weeks go on counting from the first announcement. */
export const chosenByCustomer = (from: Appointment, { wallStart, zone, start, end }: Occurrence): Appointment => ({
  ...from,
  wallStart,
  zone,
  start,
  end,
  revision: from.revision + 1,
  previousStart: from.start,
});

/** Moved by us: the four weeks begin anew. `missed`: because a window went by. */
export const movedByUs = (from: Appointment, to: Occurrence, missed: boolean): Appointment => ({
  ...firstAppointment(to),
  revision: from.revision + 1,
  noticeFrom: from.revision + 1,
  missed: from.missed + (missed ? 1 : 0),
  previousStart: from.start,
});

/** tzdata has changed: the promised wall time stays, its instants move. */
export const movedByTimeZone = (from: Appointment, start: number, end: number): Appointment => ({
  ...from,
  start,
  end,
  revision: from.revision + 1,
  previousStart: from.start,
});

/** What the rule of four weeks needs to know of a notice. */
export interface AcceptedNotice {
  readonly sequence: number;
  /** When the provider had taken the mail, milliseconds since the epoch. */
  readonly acceptedAt: number;
}

/**
 * Whether the customer was told in time: a notice that counts was accepted 28 calendar days before the start, and one of
 * the present revision, which names the present date, was accepted at all. `accepted`: of notices that told a date and
 * did not bounce.
 */
export function isAnnounced(appointment: Appointment, accepted: readonly AcceptedNotice[]): boolean {
  const counting = accepted.filter(({ sequence }) => sequence >= appointment.noticeFrom);
  return (
    counting.some(({ acceptedAt }) => isNoticeKept(acceptedAt, appointment)) &&
    counting.some(({ sequence }) => sequence === appointment.revision)
  );
}

const EARLIER_DAYS = 7;
const LATER_DAYS = 21;

/** The wall times between which a customer may choose: seven days before to three weeks after what we announced. */
export function reach(appointment: Appointment): { readonly from: string; readonly to: string } {
  const announced = parseWall(appointment.announcedWall);
  return {
    from: wallText(announced.subtract({ days: EARLIER_DAYS })),
    to: wallText(announced.add({ days: LATER_DAYS })),
  };
}
