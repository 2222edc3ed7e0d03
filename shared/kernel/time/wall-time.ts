// Wall time to instant: the one place that knows what happens when clocks are changed.
//
// A wall time can be missing (the clock jumped over it: a gap) or come twice (the clock was set back). Three readings,
// each with one use; outside gaps and doubled hours all three are the same instant.
//
//                  gap                                  doubled       used for
//   firstInstant   first instant after the gap          first pass    both ends of a window, the start of a freeze
//   lastInstant    first instant after the gap          second pass   the end of a freeze (never shorter than announced)
//   deadline       last millisecond before the gap      first pass    notices (never less notice than promised)
//
// Each reading keeps the order of wall times: an earlier wall time never gives a later instant.

import { Temporal } from "temporal-polyfill";
import { z } from "zod";
import { cut } from "../text.ts";

/** Instants beyond are refused as mistakes (for example seconds or microseconds taken for milliseconds). */
const MIN_INSTANT = Date.UTC(1990, 0, 1);
const MAX_INSTANT = Date.UTC(2200, 0, 1);

/** A half-open span [start, end) in milliseconds since the epoch. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const overlap = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;

const WALL = /^(199\d|20\d\d|21\d\d)-(\d\d)-(\d\d)T(\d\d):(\d\d)$/;

/** A local date and time to the minute, such as `2027-04-10T22:00`, in the years 1990 to 2199. */
export const wallTimeSchema = z
  .string()
  .regex(WALL, "must be a local date and time such as 2027-04-10T22:00")
  .refine((text) => readWall(text) !== undefined, "must be a date and time that the calendar has");

/** Throws a RangeError that names the value unless `instant` is a whole number of milliseconds in 1990 to 2199. */
export function assertInstant(instant: number, name: string): void {
  if (Number.isSafeInteger(instant) && instant >= MIN_INSTANT && instant < MAX_INSTANT) return;
  throw new RangeError(`${name} must be whole milliseconds since the epoch in the years 1990 to 2199, was ${instant}`);
}

/** An instant in a zone. */
export const zoned = (instant: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);

/** What the clock of the zone shows at an instant. */
export const wallTimeAt = (instant: number, zone: string): Temporal.PlainDateTime =>
  zoned(instant, zone).toPlainDateTime();

/** The text form of the rows and messages, e.g. `2027-04-10T22:00`. */
export const wallText = (wall: Temporal.PlainDateTime): string => wall.toString({ smallestUnit: "minute" });

/** Reads `wallText`; throws a RangeError on anything else. */
export function parseWall(text: string): Temporal.PlainDateTime {
  const wall = readWall(text);
  if (wall !== undefined) return wall;
  throw new RangeError(`must be a wall time such as 2027-04-10T22:00, was ${JSON.stringify(cut(text, 40))}`);
}

/** The first instant at which the zone's clock shows `wall` or, when it jumps over it, the first one after the jump. */
export function firstInstant(wall: Temporal.PlainDateTime, zone: string): number {
  const earlier = wall.toZonedDateTime(zone, { disambiguation: "earlier" });
  return exists(wall, earlier) ? earlier.epochMilliseconds : endOfGap(earlier);
}

/** As `firstInstant`, but the second pass when the clock shows `wall` twice. */
export function lastInstant(wall: Temporal.PlainDateTime, zone: string): number {
  const later = wall.toZonedDateTime(zone, { disambiguation: "later" });
  return exists(wall, later) ? later.epochMilliseconds : firstInstant(wall, zone);
}

/** The last instant up to which nobody's clock in the zone has shown a time after `wall`. */
export function deadline(wall: Temporal.PlainDateTime, zone: string): number {
  const earlier = wall.toZonedDateTime(zone, { disambiguation: "earlier" });
  return exists(wall, earlier) ? earlier.epochMilliseconds : endOfGap(earlier) - 1;
}

/** Temporal moves a missing time by the length of the gap, which is never a multiple of a month. */
const exists = (wall: Temporal.PlainDateTime, found: Temporal.ZonedDateTime): boolean =>
  found.minute === wall.minute && found.hour === wall.hour && found.day === wall.day;

/** `beforeGap` is what Temporal's "earlier" gives for a missing time: the time by the new offset, just before the jump. */
function endOfGap(beforeGap: Temporal.ZonedDateTime): number {
  // Null means "no change follows", which cannot be said in front of one; then the instant just before it is as near.
  return (beforeGap.getTimeZoneTransition("next") ?? beforeGap).epochMilliseconds;
}

function readWall(text: string): Temporal.PlainDateTime | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = WALL.exec(text)?.slice(1).map(Number) ?? [];
  try {
    return new Temporal.PlainDateTime(year, month, day, hour, minute);
  } catch {
    return undefined;
  }
}
