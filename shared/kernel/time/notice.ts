// The promise of four weeks: 28 calendar days before the announced start, at the same wall time in the window's zone.
//
//   N1  Days are calendar days, not multiples of 24 hours: over a clock change the notice is an hour longer or shorter.
//   N2  Where the wall time 28 days earlier is missing or doubled, the earlier reading counts (`deadline`): no customer
//       gets less notice than promised by any clock.
//   N3  Days are counted from the announced wall time, not from the instant: a start that falls into a gap was announced
//       for the time before it.

import type { Occurrence } from "./maintenance-window.ts";
import { assertInstant, deadline, parseWall } from "./wall-time.ts";

/** "Four weeks". */
const NOTICE_DAYS = 28;

/** Calendar days before the start at which the customer is reminded. */
const REMINDER_DAYS = [7, 1] as const;

export interface Reminder {
  readonly daysBefore: (typeof REMINDER_DAYS)[number];
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
}

/** What of an occurrence the promise hangs on; a stored row has it. */
type Announced = Pick<Occurrence, "wallStart" | "zone">;

/** The last instant (ms since the epoch) at which delivery of the notice may have been accepted. */
export function latestNotice(occurrence: Announced): number {
  return daysBefore(occurrence, NOTICE_DAYS);
}

/** Whether a notice whose delivery was accepted at `acceptedAt` (ms since the epoch) keeps the promise. */
export function isNoticeKept(acceptedAt: number, occurrence: Announced): boolean {
  assertInstant(acceptedAt, "acceptedAt");
  return acceptedAt <= latestNotice(occurrence);
}

/** When the customer is reminded, earliest first; by the same rule as the notice (N1 to N3). */
export function reminders(occurrence: Announced): readonly Reminder[] {
  return REMINDER_DAYS.map((days) => ({ daysBefore: days, dueAt: daysBefore(occurrence, days) }));
}

function daysBefore({ wallStart, zone }: Announced, days: number): number {
  return deadline(parseWall(wallStart).subtract({ days }), zone);
}
