import { describe, expect, test } from "vitest";
import {
  maintenanceWindowSchema,
  occurrencesFrom,
  occurrences,
  type MaintenanceWindow,
} from "../../../shared/kernel/time/maintenance-window.ts";

const at = (text: string): number => Date.parse(text);
const weekly = (weekday: "saturday" | "sunday", start: string, durationMinutes: number): MaintenanceWindow => ({
  kind: "weekly",
  weekdays: [weekday],
  zone: "Europe/Berlin",
  start,
  durationMinutes,
});
/** `MM-DDTHH:MMZ/HH:MMZ` of the only occurrence within a day and a half around noon of a date. */
function spanOn(window: MaintenanceWindow, date: string): string | undefined {
  const noon = at(`${date}T12:00Z`);
  const [only, ...others] = occurrences(window, noon - 24 * 3_600_000, noon + 12 * 3_600_000);
  expect(others).toEqual([]);
  return only && [only.start, only.end].map((instant) => new Date(instant).toISOString().slice(5, 16)).join(" to ");
}

describe("W1: both ends are wall times", () => {
  test.each([
    ["ordinary night", "2027-04-10", "04-10T20:00 to 04-11T02:00"],
    ["night of five hours", "2027-03-27", "03-27T21:00 to 03-28T02:00"],
    ["night of seven hours", "2027-10-30", "10-30T20:00 to 10-31T03:00"],
  ])("22:00 for six hours ends at 04:00: %s", (_name, date, span) => {
    expect(spanOn(weekly("saturday", "22:00", 360), date)).toBe(span);
  });

  test("04:00 to 06:00 stays so on the day of a change", () => {
    expect(spanOn(weekly("sunday", "04:00", 120), "2027-03-28")).toBe("03-28T02:00 to 03-28T04:00");
    expect(spanOn(weekly("sunday", "04:00", 120), "2027-10-31")).toBe("10-31T03:00 to 10-31T05:00");
  });
});

describe("W2: missing and doubled times", () => {
  test.each([
    ["a start in the gap is its end", "02:30", 90, "2027-03-28", "03-28T01:00 to 03-28T02:00"],
    ["an end in the gap is its end", "01:00", 90, "2027-03-28", "03-28T00:00 to 03-28T01:00"],
    ["a doubled start is the first", "02:30", 90, "2027-10-31", "10-31T00:30 to 10-31T03:00"],
    ["a doubled end is the first", "01:00", 90, "2027-10-31", "10-30T23:00 to 10-31T00:30"],
    ["both ends in the doubled hour", "02:15", 30, "2027-10-31", "10-31T00:15 to 10-31T00:45"],
  ])("%s", (_name, start, minutes, date, span) => {
    expect(spanOn(weekly("sunday", start, minutes), date)).toBe(span);
  });

  test("W3: a window inside the gap does not take place, the next one does", () => {
    const window = weekly("sunday", "02:00", 60);
    expect(spanOn(window, "2027-03-28")).toBeUndefined();
    expect(occurrencesFrom(window, at("2027-03-22T00:00Z")).next().value).toEqual({
      wallStart: "2027-04-04T02:00",
      zone: "Europe/Berlin",
      start: at("2027-04-04T00:00Z"),
      end: at("2027-04-04T01:00Z"),
    });
  });

  test.each([
    // Friday 00:00 is 01:00 at once.
    ["Africa/Cairo", "friday", "2027-04-30T00:15", 120, "2027-04-29T22:00Z", "2027-04-29T23:15Z"],
    // Saturday 23:00 is Sunday 00:00 at once.
    ["America/Nuuk", "saturday", "2027-03-27T23:30", 120, "2027-03-28T01:00Z", "2027-03-28T02:30Z"],
    // There was no Friday 30 December.
    ["Pacific/Apia", "friday", "2011-12-30T10:00", 1440, "2011-12-30T10:00Z", "2011-12-30T20:00Z"],
  ] as const)(
    "a start that a gap moves is found from its instant on: %s",
    (zone, weekday, wallStart, durationMinutes, start, end) => {
      const window: MaintenanceWindow = {
        kind: "weekly",
        weekdays: [weekday],
        zone,
        start: wallStart.slice(11),
        durationMinutes,
      };
      expect(occurrencesFrom(window, at(start)).next().value).toEqual({
        wallStart,
        zone,
        start: at(start),
        end: at(end),
      });
    },
  );
});

test("a weekly window opens on each of its days, in order, and the range is half-open", () => {
  const window: MaintenanceWindow = {
    kind: "weekly",
    weekdays: ["saturday", "wednesday"],
    zone: "UTC",
    start: "22:00",
    durationMinutes: 60,
  };
  const starts = (from: string, to: string): readonly string[] =>
    occurrences(window, at(from), at(to)).map(({ wallStart }) => wallStart);
  expect(starts("2027-01-02T22:00Z", "2027-01-13T22:00Z")).toEqual([
    "2027-01-02T22:00",
    "2027-01-06T22:00",
    "2027-01-09T22:00",
  ]);
  expect(starts("2027-01-02T22:00:00.001Z", "2027-01-06T22:00:00.001Z")).toEqual(["2027-01-06T22:00"]);
  expect(starts("2027-01-06T22:00Z", "2027-01-06T22:00Z")).toEqual([]);
});

test.each([
  [1, ["02-07", "03-07", "04-04", "05-02"]],
  [4, ["02-28", "03-28", "04-25", "05-23"]],
  ["last", ["02-28", "03-28", "04-25", "05-30"]],
] as const)("monthly, week %s", (week, days) => {
  const window: MaintenanceWindow = {
    kind: "monthly",
    week,
    weekday: "sunday",
    zone: "America/New_York",
    start: "23:30",
    durationMinutes: 1440,
  };
  const found = occurrences(window, at("2027-02-02T00:00Z"), at("2027-06-01T00:00Z"));
  expect(found.map(({ wallStart }) => wallStart)).toEqual(days.map((day) => `2027-${day}T23:30`));
});

test.each([
  ["NaN", Number.NaN, 1],
  ["seconds instead of milliseconds", 1_800_000_000, 1_800_000_001],
  ["microseconds", 1.8e15, 1.8e15],
  ["twelve years", at("2027-01-01T00:00Z"), at("2039-01-01T00:00Z")],
])("a range that is a mistake is refused: %s", (_name, from, to) => {
  expect(() => occurrences(weekly("sunday", "02:00", 60), from, to)).toThrow(RangeError);
});

describe("maintenanceWindowSchema", () => {
  const good = { kind: "weekly", weekdays: ["sunday"], zone: "Europe/Berlin", start: "22:00", durationMinutes: 240 };
  test("takes both kinds", () => {
    expect(maintenanceWindowSchema.parse(good)).toEqual(good);
    const { weekdays: _, ...rest } = good;
    const monthly = { ...rest, kind: "monthly", week: "last", weekday: "sunday" };
    expect(maintenanceWindowSchema.parse(monthly)).toEqual(monthly);
  });

  test.each([
    ["no weekday: it would never open", { weekdays: [] }, "weekdays"],
    ["a weekday twice", { weekdays: ["sunday", "sunday"] }, "weekdays"],
    ["an unknown weekday", { weekdays: ["caturday"] }, "weekdays"],
    ["an unknown zone", { zone: "Europe/Atlantis" }, "zone"],
    ["24:00", { start: "24:00" }, "start"],
    ["no time", { durationMinutes: 0 }, "durationMinutes"],
    ["more than a day", { durationMinutes: 1441 }, "durationMinutes"],
    ["a fifth week", { kind: "monthly", week: 5, weekday: "sunday" }, "week"],
  ])("refuses %s", (_name, change, path) => {
    const result = maintenanceWindowSchema.safeParse({ ...good, ...change });
    expect(result.error?.issues.map((issue) => issue.path[0])).toContain(path);
  });
});
