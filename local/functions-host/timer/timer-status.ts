// What the host remembers of a timer over restarts, and whether an occurrence was missed meanwhile. Pure.
import type { Schedule } from "./schedule.ts";

/** Milliseconds since the epoch. */
export interface TimerStatus {
  /** When the timer last ran; undefined before its first run. */
  readonly last: number | undefined;
  /** When it is due next. */
  readonly next: number;
  /** The moment from which `next` was computed. */
  readonly lastUpdated: number;
}

export interface StartDecision {
  readonly status: TimerStatus;
  /** Whether the status is new and has to be saved. */
  readonly isChanged: boolean;
  /** True when at least one occurrence was missed: one run makes up for all. */
  readonly isPastDue: boolean;
}

/** What a start makes of the stored status. A changed schedule is never past due. */
export function decideOnStart(stored: TimerStatus | undefined, schedule: Schedule, now: number): StartDecision {
  const next = schedule.next(new Date(now)).getTime();
  if (stored === undefined) {
    return { status: { last: undefined, next, lastUpdated: now }, isChanged: true, isPastDue: false };
  }
  const expected = schedule.next(new Date(stored.lastUpdated)).getTime();
  if (expected !== stored.next) {
    return { status: { last: stored.last, next, lastUpdated: now }, isChanged: true, isPastDue: false };
  }
  return { status: stored, isChanged: false, isPastDue: now > stored.next };
}

/** The status after a run that began at `ranAt`. */
export const statusAfterRun = (schedule: Schedule, ranAt: number): TimerStatus => ({
  last: ranAt,
  next: schedule.next(new Date(ranAt)).getTime(),
  lastUpdated: ranAt,
});

/** `2026-11-24T15:44:00.001+00:00`: local time with offset, the fraction only where there is one, as .NET writes it. */
export function dotNetDate(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return "0001-01-01T00:00:00+00:00";
  const offset = -new Date(milliseconds).getTimezoneOffset();
  const local = new Date(milliseconds + offset * 60_000).toISOString().slice(0, -1);
  const two = (value: number): string => String(value).padStart(2, "0");
  const sign = offset < 0 ? "-" : "+";
  const zone = `${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${local.replace(/\.?0+$/u, (zeros) => (zeros.startsWith(".") ? "" : zeros.replaceAll("0", "")))}${zone}`;
}

/** The trigger value of a run; `status` undefined when the timer is not monitored. */
export function timerValue(status: TimerStatus | undefined, isPastDue: boolean) {
  return {
    Schedule: { AdjustForDST: true },
    ScheduleStatus:
      status === undefined
        ? null
        : { Last: dotNetDate(status.last), LastUpdated: dotNetDate(status.lastUpdated), Next: dotNetDate(status.next) },
    IsPastDue: isPastDue,
  };
}

/** Reads a stored status; anything that is none counts as absent, as after a schedule's first deployment. */
export function parseTimerStatus(text: string | undefined): TimerStatus | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return undefined;
    const next = "next" in parsed ? parsed.next : undefined;
    const lastUpdated = "lastUpdated" in parsed ? parsed.lastUpdated : undefined;
    const last = "last" in parsed ? parsed.last : undefined;
    if (!isTime(next) || !isTime(lastUpdated) || (last !== undefined && !isTime(last))) return undefined;
    return { last, next, lastUpdated };
  } catch {
    return undefined;
  }
}

const isTime = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value);
