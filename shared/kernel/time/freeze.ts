// Freezes: periods without upgrades, for everyone, one stamp or one organisation; once, or every year.
//
//   F1  An occurrence that overlaps a freeze at all is not usable; a freeze is never cut to fit an upgrade beside it.
//   F2  At clock changes a freeze is rather longer than announced: its start is the first pass of a doubled time, its end
//       the second. 29 February is 28 February in other years.
//   F3  A yearly freeze covers both days it names, midnight to midnight in its zone.

import { Temporal } from "temporal-polyfill";
import { z } from "zod";
import { firstInstant, lastInstant, overlap, parseWall, wallTimeAt, wallTimeSchema, type Span } from "./wall-time.ts";
import { timeZoneSchema } from "./zones.ts";

const monthDaySchema = z
  .string()
  .regex(/^\d\d-\d\d$/, "must be a month and day such as 12-15")
  .refine(isMonthDay, "must be a day that the calendar has");

const periodSchema = z.discriminatedUnion("kind", [
  z
    .strictObject({ kind: z.literal("once"), zone: timeZoneSchema, from: wallTimeSchema, to: wallTimeSchema })
    .refine(({ from, to }) => from < to, { path: ["to"], message: "must be after from" }),
  /** From the start of day `from` to the end of day `to`, over New Year where `to` is earlier in the year. */
  z.strictObject({ kind: z.literal("yearly"), zone: timeZoneSchema, from: monthDaySchema, to: monthDaySchema }),
]);

const idSchema = z.string().regex(/^[a-z0-9-]{1,50}$/, "must be lower-case letters, digits and hyphens");

export const freezeSchema = z.strictObject({
  freezeId: idSchema,
  reason: z.string().min(1).max(200),
  scope: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("global") }),
    z.strictObject({ kind: z.literal("stamp"), stamp: idSchema }),
    z.strictObject({ kind: z.literal("organisation"), organisationId: idSchema }),
  ]),
  period: periodSchema,
});
export type Freeze = Readonly<z.infer<typeof freezeSchema>>;

/** Those of `freezes` that an organisation on a stamp is under. */
export function freezesFor(
  freezes: readonly Freeze[],
  target: { readonly organisationId: string; readonly stamp: string },
): readonly Freeze[] {
  return freezes.filter(({ scope }) => {
    switch (scope.kind) {
      case "global":
        return true;
      case "stamp":
        return scope.stamp === target.stamp;
      case "organisation":
        return scope.organisationId === target.organisationId;
    }
  });
}

/** Whether any of `freezes` (see `freezesFor`) covers a part of the span, e.g. of an occurrence (F1). */
export function isFrozen(freezes: readonly Freeze[], span: Span): boolean {
  return frozenSpans(freezes, span).length > 0;
}

/** The times at which `freezes` hold that overlap `within`, earliest first, each in full length. */
export function frozenSpans(freezes: readonly Freeze[], within: Span): readonly Span[] {
  return freezes
    .flatMap((freeze) => spansOf(freeze, within))
    .filter((span) => overlap(span, within))
    .toSorted((a, b) => a.start - b.start);
}

function spansOf({ period }: Freeze, within: Span): readonly Span[] {
  const { zone } = period;
  const span = (from: Temporal.PlainDateTime, to: Temporal.PlainDateTime): Span => ({
    start: firstInstant(from, zone),
    end: lastInstant(to, zone),
  });
  if (period.kind === "once") return [span(parseWall(period.from), parseWall(period.to))];
  const firstYear = wallTimeAt(within.start, zone).year - 1;
  const years = wallTimeAt(within.end, zone).year - firstYear + 1;
  return Array.from({ length: years }, (_, index) => {
    const year = firstYear + index;
    const lastDay = dateIn(period.to < period.from ? year + 1 : year, period.to);
    return span(dateIn(year, period.from).toPlainDateTime(), lastDay.add({ days: 1 }).toPlainDateTime());
  });
}

function dateIn(year: number, monthDay: string): Temporal.PlainDate {
  const [month = 0, day = 0] = monthDay.split("-").map(Number);
  return Temporal.PlainDate.from({ year, month, day }, { overflow: "constrain" });
}

function isMonthDay(text: string): boolean {
  try {
    return Temporal.PlainMonthDay.from(text).toString() === text;
  } catch {
    return false;
  }
}
