// The VTIMEZONE of RFC 5545 for one zone around one event, from the same time zone data as the event's own times: every
// change of the clocks is listed one by one, so that it also holds where no yearly rule does.

import { Temporal } from "temporal-polyfill";
import { zoned } from "../../kernel/time/wall-time.ts";

interface Observance {
  readonly from: Temporal.ZonedDateTime;
  readonly offsetFromNs: number;
  readonly offsetToNs: number;
}

/** Years before and after the event that the component covers; more makes the file longer, not more right. */
const YEARS = 1;
const NS_PER_SECOND = 1e9;

/** Lines joined by CRLF. `start`, `end` in milliseconds since the epoch. */
export function vtimezone(timeZone: string, start: number, end: number): string {
  const observances = observancesOf(zoned(start, timeZone).subtract({ years: YEARS }), zoned(end, timeZone));
  return [
    "BEGIN:VTIMEZONE",
    `TZID:${timeZone}`,
    ...observances.flatMap((observance) => linesOf(observance)),
    "END:VTIMEZONE",
  ].join("\r\n");
}

function observancesOf(from: Temporal.ZonedDateTime, end: Temporal.ZonedDateTime): readonly Observance[] {
  const until = end.add({ years: YEARS });
  const first = { from, offsetFromNs: from.offsetNanoseconds, offsetToNs: from.offsetNanoseconds };
  const found: Observance[] = [];
  let at = from.getTimeZoneTransition("next");
  while (at !== null && Temporal.ZonedDateTime.compare(at, until) < 0) {
    const offsetFromNs = at.subtract({ nanoseconds: 1 }).offsetNanoseconds;
    if (offsetFromNs !== at.offsetNanoseconds) found.push({ from: at, offsetFromNs, offsetToNs: at.offsetNanoseconds });
    at = at.getTimeZoneTransition("next");
  }
  return [first, ...found];
}

function linesOf({ from, offsetFromNs, offsetToNs }: Observance): readonly string[] {
  // RFC 5545: DTSTART is the local time before the change.
  const local = from
    .toInstant()
    .add({ nanoseconds: offsetFromNs })
    .toZonedDateTimeISO("UTC")
    .toPlainDateTime()
    .toString({ smallestUnit: "second" })
    .replaceAll(/[-:]/g, "");
  const component = offsetToNs > offsetFromNs ? "DAYLIGHT" : "STANDARD";
  return [
    `BEGIN:${component}`,
    `DTSTART:${local}`,
    `TZOFFSETFROM:${offset(offsetFromNs)}`,
    `TZOFFSETTO:${offset(offsetToNs)}`,
    `END:${component}`,
  ];
}

/** E.g. +0530; with seconds only where a zone has them. */
function offset(nanoseconds: number): string {
  const seconds = Math.abs(Math.round(nanoseconds / NS_PER_SECOND));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const digits = parts.map((part) => String(part).padStart(2, "0"));
  return `${nanoseconds < 0 ? "-" : "+"}${(parts[2] === 0 ? digits.slice(0, 2) : digits).join("")}`;
}
