// Wall times in the customer's zone and language. Own words for months and days: what Intl prints changes with its data.

import type { Temporal } from "temporal-polyfill";
import { zoned } from "../../kernel/time/wall-time.ts";
import type { Translation } from "./translation.ts";

/** E.g. "Saturday, 10 April 2027, 22:00". `instant` in milliseconds since the epoch. */
export function localDateTime(instant: number, timeZone: string, words: Translation): string {
  const local = zoned(instant, timeZone);
  return words.dateTime(localDay(local, words, true), clock(local));
}

/** E.g. "10 April 2027". */
export const localDate = (instant: number, timeZone: string, words: Translation): string =>
  localDay(zoned(instant, timeZone), words, false);

/** E.g. "22:00", or with its day when that is another one than the start's. */
export function localEnd(start: number, end: number, timeZone: string, words: Translation): string {
  const [from, to] = [zoned(start, timeZone), zoned(end, timeZone)];
  return from.toPlainDate().equals(to.toPlainDate()) ? words.time(clock(to)) : localDateTime(end, timeZone, words);
}

/** E.g. "Europe/Berlin (UTC+01:00)"; both offsets where the clocks change in between. */
export function zoneText(start: number, end: number, timeZone: string, words: Translation): string {
  const [from, to] = [zoned(start, timeZone).offset, zoned(end, timeZone).offset];
  return `${timeZone} (${from === to ? `UTC${from}` : words.offsets(`UTC${from}`, `UTC${to}`)})`;
}

function localDay(local: Temporal.ZonedDateTime, words: Translation, withWeekday: boolean): string {
  const day = words.date(local.day, words.months[local.month - 1] ?? "", local.year);
  return withWeekday ? `${words.weekdays[local.dayOfWeek - 1]}, ${day}` : day;
}

const clock = (local: Temporal.ZonedDateTime): string => local.toPlainTime().toString({ smallestUnit: "minute" });
