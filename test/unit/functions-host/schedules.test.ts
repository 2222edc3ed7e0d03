// Timer schedules and their status over restarts.
import { describe, expect, test } from "vitest";
import { parseSchedule } from "../../../local/functions-host/timer/schedule.ts";
import {
  decideOnStart,
  dotNetDate,
  parseTimerStatus,
  statusAfterRun,
} from "../../../local/functions-host/timer/timer-status.ts";

// A Tuesday, in the local zone of the process.
const NOW = new Date(2026, 10, 24, 15, 40, 30, 500);
const next = (text: string, from = NOW): string => {
  const date = parseSchedule(text).next(from);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
};

describe("schedules", () => {
  test.each([
    ["* * * * * *", "2026-11-24 15:40:31"],
    ["0 * * * * *", "2026-11-24 15:41:00"],
    ["0 0 9-17/4 * * *", "2026-11-24 17:00:00"],
    ["15,45 0 0 29 2 *", "2028-02-29 00:00:15"],
    // Day and day of week must both fit: the next Friday the 13th.
    ["0 0 0 13 * 5", "2027-08-13 00:00:00"],
    ["0 */15 * * * *", "2026-11-24 15:45:00"],
    ["0 10 2 * * *", "2026-11-25 02:10:00"],
  ])("%s occurs next at %s", (text, expected) => {
    expect(next(text)).toBe(expected);
  });

  test.each(["", "* * * * *", "60 * * * * *", "* * 24 * * *", "0 0 0 30 2 *", "@daily", "* * * * * Mon", "00:01:00"])(
    "%j is refused with a reason",
    (text) => {
      expect(() => parseSchedule(text)).toThrow("was not recognized as a valid cron expression");
    },
  );

  test.each([
    ["*/30 * * * * *", false],
    ["5 * * * * *", true],
    ["*/30 5 * * * *", true],
  ])("%s may be monitored: %s", (text, expected) => {
    expect(parseSchedule(text).canBeMonitored).toBe(expected);
  });
});

describe("status over restarts", () => {
  const schedule = parseSchedule("0 0 * * * *");
  const at = (hour: number, minute = 0): number => new Date(2026, 10, 24, hour, minute).getTime();

  test("the first start is not past due", () => {
    expect(decideOnStart(undefined, schedule, at(15, 30))).toEqual({
      status: { last: undefined, next: at(16), lastUpdated: at(15, 30) },
      isChanged: true,
      isPastDue: false,
    });
  });

  test("a missed occurrence is past due, once, and keeps the missed time", () => {
    const stored = statusAfterRun(schedule, at(10, 0));
    expect(stored).toEqual({ last: at(10), next: at(11), lastUpdated: at(10) });
    expect(decideOnStart(stored, schedule, at(15, 30))).toEqual({ status: stored, isChanged: false, isPastDue: true });
    expect(decideOnStart(stored, schedule, at(10, 30)).isPastDue).toBe(false);
    expect(decideOnStart(statusAfterRun(schedule, at(15, 30)), schedule, at(15, 31)).isPastDue).toBe(false);
  });

  test("a changed schedule is not past due", () => {
    const stored = statusAfterRun(parseSchedule("0 30 * * * *"), at(10, 30));
    const decided = decideOnStart(stored, schedule, at(15, 30));
    expect(decided).toMatchObject({ isPastDue: false, isChanged: true, status: { last: at(10, 30), next: at(16) } });
  });

  test.each([undefined, "", "{", "5", `{"next":"x","lastUpdated":1}`, `{"next":1}`])(
    "%j counts as no status",
    (text) => {
      expect(parseTimerStatus(text)).toBeUndefined();
    },
  );

  test("dates are written as .NET does", () => {
    expect(dotNetDate(undefined)).toBe("0001-01-01T00:00:00+00:00");
    const text = dotNetDate(Date.UTC(2026, 0, 2, 10, 20, 30, 120));
    expect(text).toMatch(/^2026-01-0[123]T\d\d:\d\d:30\.12[+-]\d\d:\d\d$/u);
    expect(Date.parse(text)).toBe(Date.UTC(2026, 0, 2, 10, 20, 30, 120));
    expect(dotNetDate(Date.UTC(2026, 0, 2, 10, 20, 30))).toMatch(/T\d\d:20:30[+-]/u);
    expect(dotNetDate(Date.UTC(2026, 0, 2, 10, 20, 0))).toMatch(/T\d\d:20:00[+-]/u);
  });
});
