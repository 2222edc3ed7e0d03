// Freezes must not make an organisation un-upgradable: in every rolling period enough windows stay usable.

import { DAY_MS } from "./durations.ts";
import { err, ok, type Result } from "../result.ts";
import { rfc3339 } from "../rfc3339.ts";
import { frozenSpans, type Freeze } from "./freeze.ts";
import { occurrencesFrom, type MaintenanceWindow } from "./maintenance-window.ts";
import { lastInstant, overlap, parseWall, type Span } from "./wall-time.ts";

export interface AvailabilityRule {
  /** Usable occurrences that must start in every period. */
  readonly minimum: number;
  /** Length of the rolling period in days of 24 hours. */
  readonly days: number;
}

/**
 * Two chances, the second for the roll-back of the first. 99 days are 14 weeks and a clock change: three steps of a
 * monthly window, so one that loses a single month to a freeze still keeps the rule (docs/time.md has the figures).
 */
export const DEFAULT_AVAILABILITY: AvailabilityRule = { minimum: 2, days: 99 };

/** Yearly freezes fall on other weekdays each year, so more than one year is looked at. */
const YEARS_AHEAD = 5;

export interface TooFewWindows {
  readonly kind: "tooFewWindows";
  /** The first period that breaks the rule, in milliseconds since the epoch. */
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly found: number;
  readonly message: string;
}

/**
 * Checks every rolling period that begins at `from` or later, for five years and until a period after the last one-off
 * freeze. `freezes` are those of one organisation (`freezesFor`). Throws a RangeError for a rule that is no rule.
 */
export function checkAvailability(
  window: MaintenanceWindow,
  freezes: readonly Freeze[],
  from: number,
  rule: AvailabilityRule = DEFAULT_AVAILABILITY,
): Result<{ readonly checkedUntil: number }, TooFewWindows> {
  assertRule(rule);
  const periodMs = rule.days * DAY_MS;
  const until = checkedUntil(freezes, from, rule);
  const frozen = frozenSpans(freezes, { start: from, end: until });
  const starts: number[] = [];
  for (const occurrence of occurrencesFrom(window, from)) {
    // A period is poorest when it begins just after a usable start (or at `from`), so no other needs a look. This is the
    // first that has not got its minimum yet.
    const before = starts[starts.length - rule.minimum];
    const periodStart = before === undefined ? from : before + 1;
    const periodEnd = periodStart + periodMs;
    if (periodEnd > until) break;
    if (occurrence.start >= periodEnd) return err(tooFew(rule, starts, { start: periodStart, end: periodEnd }));
    if (!frozen.some((span) => overlap(span, occurrence))) starts.push(occurrence.start);
  }
  return ok({ checkedUntil: until });
}

function tooFew(rule: AvailabilityRule, starts: readonly number[], { start, end }: Span): TooFewWindows {
  const found = starts.filter((one) => one >= start).length;
  const message =
    `freezes leave ${found} of at least ${rule.minimum} maintenance windows ` +
    `in the ${rule.days} days from ${rfc3339(start)}; shorten a freeze or open the window more often`;
  return { kind: "tooFewWindows", periodStart: start, periodEnd: end, found, message };
}

/** How far `checkAvailability` looks: five years and past the last one-off freeze, and a period more. */
export function checkedUntil(
  freezes: readonly Freeze[],
  from: number,
  { days }: AvailabilityRule = DEFAULT_AVAILABILITY,
): number {
  return Math.max(from + YEARS_AHEAD * 366 * DAY_MS, ...onceEnds(freezes)) + days * DAY_MS;
}

const onceEnds = (freezes: readonly Freeze[]): readonly number[] =>
  freezes.flatMap(({ period }) => (period.kind === "once" ? [lastInstant(parseWall(period.to), period.zone)] : []));

function assertRule({ minimum, days }: AvailabilityRule): void {
  if (Number.isSafeInteger(minimum) && minimum >= 1 && Number.isSafeInteger(days) && days >= 1 && days <= 3660) return;
  throw new RangeError(`availability needs minimum >= 1 in 1 to 3660 days, was ${minimum} in ${days} days`);
}
