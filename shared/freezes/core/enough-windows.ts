// A quick proof that freezes leave a window enough chances. It converts no wall time, which is what makes the exact
// check slow (about 0.1 ms an occurrence): it reckons with every occurrence wherever any zone can put it. What it cannot
// prove, `checkAvailability` must decide.

import { DAY_MS, MINUTE_MS } from "../../kernel/time/durations.ts";
import type { AvailabilityRule } from "../../kernel/time/availability.ts";
import type { MaintenanceWindow } from "../../kernel/time/maintenance-window.ts";
import { type Span } from "../../kernel/time/wall-time.ts";

/** Wall times read as UTC are at most a day later than they really are (zones up to UTC+14) ... */
const EARLIER_MS = DAY_MS;
/** ... and at most two days earlier: UTC-12, and a day that is skipped at the date line. */
const LATER_MS = 2 * DAY_MS;
/** One occurrence of a period may not take place, because a gap swallows it. */
const SPARE = 1;

export interface Question {
  readonly window: MaintenanceWindow;
  /** All spans in [from, until + one period], by start, not overlapping (`mergeSpans`). */
  readonly frozen: readonly Span[];
  readonly from: number;
  /** `checkedUntil` of the same freezes. */
  readonly until: number;
  readonly rule: AvailabilityRule;
}

/** True only when `checkAvailability` finds the rule kept; false when in doubt. */
export function hasEnoughWindows({ window, frozen, from, until, rule }: Question): boolean {
  const periodMs = rule.days * DAY_MS;
  const walls = surelyUsable(window, frozen, from, until + periodMs);
  const needed = rule.minimum + SPARE;
  // The poorest periods begin at `from` and just after a usable start.
  for (let before = -1; before < walls.length; before++) {
    const begin = before < 0 ? from : (walls[before] ?? from) - EARLIER_MS;
    if (begin > until - periodMs) return true;
    const last = walls[before + needed];
    if (last === undefined || last + LATER_MS > begin + periodMs) return false;
  }
  return false;
}

/** Wall starts, read as UTC, of the occurrences that start in [from, to) and touch no freeze in whatever zone. */
function surelyUsable(window: MaintenanceWindow, frozen: readonly Span[], from: number, to: number): number[] {
  const opensMs = minutesOf(window.start) * MINUTE_MS;
  const lengthMs = window.durationMinutes * MINUTE_MS;
  const walls: number[] = [];
  let next = 0;
  for (let day = Math.ceil((from + EARLIER_MS - opensMs) / DAY_MS); ; day++) {
    const wall = day * DAY_MS + opensMs;
    if (wall >= to) return walls;
    if (!opensOn(window, day)) continue;
    while ((frozen[next]?.end ?? Number.POSITIVE_INFINITY) <= wall - EARLIER_MS) next++;
    if ((frozen[next]?.start ?? Number.POSITIVE_INFINITY) >= wall + lengthMs + LATER_MS) walls.push(wall);
  }
}

/** Day 0 of the epoch was a Thursday. */
const WEEKDAYS = ["thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"] as const;

function opensOn(window: MaintenanceWindow, day: number): boolean {
  const weekday = WEEKDAYS[day % 7];
  if (window.kind === "weekly") return window.weekdays.some((name) => name === weekday);
  if (window.weekday !== weekday) return false;
  const date = new Date(day * DAY_MS);
  if (window.week !== "last") return Math.ceil(date.getUTCDate() / 7) === window.week;
  return new Date((day + 7) * DAY_MS).getUTCMonth() !== date.getUTCMonth();
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** Spans by start, those that touch or overlap joined. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}
