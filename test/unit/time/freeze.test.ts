import { describe, expect, test } from "vitest";
import { checkAvailability } from "../../../shared/kernel/time/availability.ts";
import { freezeSchema, freezesFor, frozenSpans, isFrozen, type Freeze } from "../../../shared/kernel/time/freeze.ts";
import type { MaintenanceWindow } from "../../../shared/kernel/time/maintenance-window.ts";

const DAY = 86_400_000;
const at = (text: string): number => Date.parse(text);
const zone = "Europe/Berlin";
const freeze = (period: Freeze["period"], scope: Freeze["scope"] = { kind: "global" }): Freeze => ({
  freezeId: "f",
  reason: "year end",
  scope,
  period,
});
const once = (from: string, to: string): Freeze => freeze({ kind: "once", zone, from, to });
const yearly = (from: string, to: string): Freeze => freeze({ kind: "yearly", zone, from, to });
const sundays: MaintenanceWindow = {
  kind: "weekly",
  weekdays: ["sunday"],
  zone,
  start: "03:00",
  durationMinutes: 120,
};

test("a freeze holds for everyone, a stamp or an organisation", () => {
  const all = [
    freeze({ kind: "yearly", zone, from: "12-15", to: "01-06" }),
    freeze({ kind: "yearly", zone, from: "12-15", to: "01-06" }, { kind: "stamp", stamp: "eu-1" }),
    freeze({ kind: "yearly", zone, from: "12-15", to: "01-06" }, { kind: "organisation", organisationId: "peters" }),
  ];
  const scopes = (organisationId: string, stamp: string): readonly string[] =>
    freezesFor(all, { organisationId, stamp }).map(({ scope }) => scope.kind);
  expect(scopes("peters", "eu-1")).toEqual(["global", "stamp", "organisation"]);
  expect(scopes("peters", "us-1")).toEqual(["global", "organisation"]);
  expect(scopes("eu-1", "peters")).toEqual(["global"]);
});

describe("when a freeze holds", () => {
  test("a one-off freeze is half-open and a touch is no overlap", () => {
    const freezes = [once("2027-05-01T00:00", "2027-05-10T00:00")];
    const [start, end] = [at("2027-04-30T22:00Z"), at("2027-05-09T22:00Z")];
    expect(isFrozen(freezes, { start: start - 1000, end: start })).toBe(false);
    expect(isFrozen(freezes, { start: start - 1000, end: start + 1 })).toBe(true);
    expect(isFrozen(freezes, { start: end - 1, end: end + 1000 })).toBe(true);
    expect(isFrozen(freezes, { start: end, end: end + 1000 })).toBe(false);
    expect(isFrozen([], { start, end })).toBe(false);
  });

  test("a yearly freeze goes over New Year and covers both its days", () => {
    const spans = frozenSpans([yearly("12-15", "01-06")], {
      start: at("2027-01-01T00:00Z"),
      end: at("2027-12-31T00:00Z"),
    });
    expect(spans.map(({ start, end }) => [start, end])).toEqual([
      [at("2026-12-14T23:00Z"), at("2027-01-06T23:00Z")],
      [at("2027-12-14T23:00Z"), at("2028-01-06T23:00Z")],
    ]);
  });

  test("29 February is 28 February in other years", () => {
    const [span] = frozenSpans([yearly("02-29", "02-29")], {
      start: at("2027-02-01T00:00Z"),
      end: at("2027-04-01T00:00Z"),
    });
    expect([span?.start, span?.end]).toEqual([at("2027-02-27T23:00Z"), at("2027-02-28T23:00Z")]);
  });

  test("doubled ends make it longer", () => {
    const [span] = frozenSpans([once("2027-10-31T02:15", "2027-10-31T02:45")], {
      start: at("2027-10-30T00:00Z"),
      end: at("2027-11-01T00:00Z"),
    });
    expect([span?.start, span?.end]).toEqual([at("2027-10-31T00:15Z"), at("2027-10-31T01:45Z")]);
  });
});

test.each([
  ["ends before it starts", { kind: "once", zone, from: "2027-05-02T00:00", to: "2027-05-01T00:00" }],
  ["is empty", { kind: "once", zone, from: "2027-05-02T00:00", to: "2027-05-02T00:00" }],
  ["names 30 February", { kind: "yearly", zone, from: "02-30", to: "03-01" }],
  ["names month 13", { kind: "yearly", zone, from: "12-01", to: "13-01" }],
  ["has an unknown zone", { kind: "yearly", zone: "Mars/Olympus", from: "12-01", to: "12-02" }],
])("a freeze that %s is refused", (_name, period) => {
  expect(
    freezeSchema.safeParse({ ...freeze({ kind: "yearly", zone, from: "12-15", to: "01-06" }), period }).success,
  ).toBe(false);
});

describe("checkAvailability", () => {
  const from = at("2027-01-10T12:00Z");

  const monthlyIn = (week: 2 | 4): MaintenanceWindow => {
    const { weekdays: _, ...rest } = sundays;
    return { ...rest, kind: "monthly", week, weekday: "sunday" };
  };

  test("a year-end freeze leaves enough of weekly windows and of monthly ones outside of it", () => {
    for (const window of [sundays, monthlyIn(2)]) {
      const result = checkAvailability(window, [yearly("12-15", "01-06")], from);
      expect(result.ok ? result.value.checkedUntil : 0).toBeGreaterThan(from + 5 * 365 * DAY);
    }
  });

  test("a monthly window that loses one month keeps the rule of 99 days, also over a clock change, but no shorter one", () => {
    const freezes = [yearly("12-15", "01-06")];
    expect(checkAvailability(monthlyIn(4), freezes, from).ok).toBe(true);
    // Just after Sunday 2028-10-22: then come 2028-11-26 and, 98 days and a clock change later, 2029-01-28.
    expect(checkAvailability(monthlyIn(4), freezes, from, { minimum: 2, days: 98 })).toMatchObject({
      ok: false,
      error: { periodStart: at("2028-10-22T01:00Z") + 1, found: 1 },
    });
  });

  test("a monthly window that loses two months in a row breaks the rule", () => {
    const result = checkAvailability(monthlyIn(2), [yearly("12-08", "01-14")], from);
    expect(result).toMatchObject({ ok: false, error: { found: 1 } });
  });

  test("no more than 99 days may hold fewer than two windows: the day on which it tips", () => {
    // Sundays 2027-04-25 and 05-02 are the last ones before the freeze, 08-01 and 08-08 the first after it.
    const enough = checkAvailability(sundays, [once("2027-05-03T00:00", "2027-08-01T00:00")], from);
    expect(enough.ok).toBe(true);
    const tooLong = checkAvailability(sundays, [once("2027-05-03T00:00", "2027-08-08T00:00")], from);
    expect(tooLong).toMatchObject({ ok: false, error: { kind: "tooFewWindows", found: 1 } });
  });

  test("tells the first period, what is left and what to do", () => {
    const result = checkAvailability(sundays, [yearly("01-01", "12-31")], from);
    expect(result).toEqual({
      ok: false,
      error: {
        kind: "tooFewWindows",
        periodStart: from,
        periodEnd: from + 99 * DAY,
        found: 0,
        message:
          "freezes leave 0 of at least 2 maintenance windows in the 99 days from 2027-01-10T12:00:00.000Z; " +
          "shorten a freeze or open the window more often",
      },
    });
  });

  test("a period is exactly as long as the rule says", () => {
    const inUtc = { ...sundays, zone: "UTC" };
    expect(checkAvailability(inUtc, [], from, { minimum: 2, days: 14 }).ok).toBe(true);
    expect(checkAvailability(inUtc, [], from, { minimum: 2, days: 13 })).toMatchObject({
      ok: false,
      error: { found: 1 },
    });
  });

  test("a one-off freeze in the far future is looked at too", () => {
    expect(checkAvailability(sundays, [once("2040-01-01T00:00", "2040-06-01T00:00")], from).ok).toBe(false);
  });

  test("a rule that is no rule is refused", () => {
    expect(() => checkAvailability(sundays, [], from, { minimum: 0, days: 92 })).toThrow(RangeError);
    expect(() => checkAvailability(sundays, [], from, { minimum: 1, days: Number.NaN })).toThrow(RangeError);
  });
});
