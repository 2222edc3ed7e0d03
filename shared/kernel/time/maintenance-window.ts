// Maintenance windows: when an organisation may be offline, in the wall time of its zone.
//
// Rules for clock changes (proven for all zones and transitions in test/property/time):
//   W1  Start and end are both wall times; the end is the start's wall time plus the duration. 22:00 for six hours ends
//       when the clock shows 04:00, also in a night of five or seven hours. The true length is `end - start`.
//   W2  A missing time (gap) is the first instant after the gap; a doubled time is its first pass. For both ends:
//       the customer was told "online again at 02:30" and may look at the clock at the first 02:30, and calendar programs
//       read doubled times the same way (RFC 5545, 3.3.5).
//   W3  Because both ends follow one rule that keeps the order of wall times, a window never ends before it starts, and
//       two windows of one organisation never overlap. Where both ends fall into one gap nothing is left: that
//       occurrence does not take place and is not listed.

import { DAY_MS } from "./durations.ts";
import { Temporal } from "temporal-polyfill";
import { z } from "zod";
import { assertInstant, firstInstant, wallText, wallTimeAt, type Span } from "./wall-time.ts";
import { timeZoneSchema } from "./zones.ts";

/** In the order of ISO 8601: Monday is day 1. */
const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
const weekdaySchema = z.enum(WEEKDAYS);

const wallSpan = {
  zone: timeZoneSchema,
  /** Local time of day, 00:00 to 23:59. */
  start: z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "must be a time of day such as 22:00"),
  /** By the clock on the wall (W1), up to 24 hours. */
  durationMinutes: z.int().min(1).max(1440),
};

/** There is no fifth week: in most months such a window would never open. */
export const maintenanceWindowSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("weekly"),
    weekdays: z
      .array(weekdaySchema)
      .min(1)
      .max(7)
      .refine((days) => new Set(days).size === days.length, "must name each weekday once"),
    ...wallSpan,
  }),
  z.strictObject({
    kind: z.literal("monthly"),
    week: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal("last")]),
    weekday: weekdaySchema,
    ...wallSpan,
  }),
]);
export type MaintenanceWindow = Readonly<z.infer<typeof maintenanceWindowSchema>>;

/** One time a window opens. `wallStart` and `zone` are the truth; the instants follow from them and from tzdata. */
export interface Occurrence extends Span {
  /** As announced, e.g. `2027-04-10T22:00`, also where the clock jumps over it. */
  readonly wallStart: string;
  readonly zone: string;
}

/** Longest span of one call of `occurrences`, so that a mistake in a date cannot fill the memory. */
const MAX_SPAN_DAYS = 11 * 366;

/**
 * The occurrences that start in [from, to), in order. Instants in milliseconds since the epoch.
 * Throws a RangeError for instants outside 1990 to 2199 and for more than eleven years.
 */
export function occurrences(window: MaintenanceWindow, from: number, to: number): readonly Occurrence[] {
  assertInstant(to, "to");
  if (to - from > MAX_SPAN_DAYS * DAY_MS) throw new RangeError(`from ${from} to ${to} is more than eleven years`);
  const found: Occurrence[] = [];
  for (const occurrence of occurrencesFrom(window, from)) {
    if (occurrence.start >= to) break;
    found.push(occurrence);
  }
  return found;
}

/** All occurrences that start at or after `from`, lazily and without end: the reader must stop. */
export function* occurrencesFrom(window: MaintenanceWindow, from: number): Generator<Occurrence, never> {
  assertInstant(from, "from");
  const opens = Temporal.PlainTime.from(window.start);
  // A gap can move a start to the next day: over midnight, or over the day that is skipped at the date line.
  const first = wallTimeAt(from, window.zone).toPlainDate().subtract({ days: 1 });
  for (let days = 0; ; days++) {
    if (!opensOnWeekday(window, (first.dayOfWeek - 1 + days) % 7)) continue;
    const date = first.add({ days });
    if (window.kind === "monthly" && !isInWeek(date, window.week)) continue;
    const occurrence = occurrenceAt(window, date.toPlainDateTime(opens));
    if (occurrence.start >= from && occurrence.end > occurrence.start) yield occurrence;
  }
}

function occurrenceAt({ zone, durationMinutes }: MaintenanceWindow, wallStart: Temporal.PlainDateTime): Occurrence {
  return {
    wallStart: wallText(wallStart),
    zone,
    start: firstInstant(wallStart, zone),
    end: firstInstant(wallStart.add({ minutes: durationMinutes }), zone),
  };
}

/** `weekday` 0 is Monday. */
function opensOnWeekday(window: MaintenanceWindow, weekday: number): boolean {
  switch (window.kind) {
    case "weekly":
      return window.weekdays.some((name) => name === WEEKDAYS[weekday]);
    case "monthly":
      return window.weekday === WEEKDAYS[weekday];
  }
}

function isInWeek(date: Temporal.PlainDate, week: 1 | 2 | 3 | 4 | "last"): boolean {
  return week === "last" ? date.day + 7 > date.daysInMonth : Math.ceil(date.day / 7) === week;
}
