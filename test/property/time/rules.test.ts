// What holds for every window, freeze and instant, in whatever zone.

import fc from "fast-check";
import { expect, test } from "vitest";
import { checkAvailability } from "../../../shared/kernel/time/availability.ts";
import { freezeSchema, frozenSpans, isFrozen, type Freeze } from "../../../shared/kernel/time/freeze.ts";
import {
  maintenanceWindowSchema,
  occurrencesFrom,
  occurrences,
} from "../../../shared/kernel/time/maintenance-window.ts";
import { isNoticeKept, latestNotice, reminders } from "../../../shared/kernel/time/notice.ts";
import { fits, nextOpportunity } from "../../../shared/kernel/time/opportunity.ts";
import { recheck } from "../../../shared/kernel/time/recheck.ts";
import { addToWall, DAY, HOUR, MINUTE } from "./wall-clock.ts";
import { windowsIn } from "./arbitraries.ts";

const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
  "Antarctica/Troll",
  "UTC",
];

const zone = fc.constantFrom(...ZONES);
const window = windowsIn(zone);
const instant = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2037, 0, 1) });
const monthDay = fc.nat(364).map((day) => new Date(Date.UTC(2027, 0, 1 + day)).toISOString().slice(5, 10));
const period: fc.Arbitrary<Freeze["period"]> = fc.oneof(
  fc.record({ kind: fc.constant("yearly" as const), zone, from: monthDay, to: monthDay }),
  fc.tuple(zone, instant, fc.integer({ min: 1, max: 120 * 24 * 60 })).map(([zone, at, minutes]) => {
    const from = new Date(at).toISOString().slice(0, 16);
    return { kind: "once" as const, zone, from, to: addToWall(from, minutes * MINUTE) };
  }),
);
const freezes: fc.Arbitrary<readonly Freeze[]> = fc.array(
  period.map((period): Freeze => ({ freezeId: "f", reason: "r", scope: { kind: "global" }, period })),
  { maxLength: 3 },
);
const check = <T extends readonly unknown[]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  rule: (...args: T) => void,
) =>
  fc.assert(
    fc.property(fc.tuple<[...T]>(...arbitraries), (args) => rule(...args)),
    { numRuns: 150 },
  );

test("occurrences are valid, in order, apart, within the range and about as long as announced", () => {
  check([window, instant, fc.integer({ min: 0, max: 200 })], (window, from, days) => {
    expect(maintenanceWindowSchema.parse(window)).toEqual(window);
    const to = from + days * DAY;
    let free = from;
    for (const occurrence of occurrences(window, from, to)) {
      expect(occurrence.start).toBeGreaterThanOrEqual(free);
      expect(occurrence.start).toBeLessThan(to);
      expect(occurrence.end).toBeGreaterThan(occurrence.start);
      expect(Math.abs(occurrence.end - occurrence.start - window.durationMinutes * MINUTE)).toBeLessThanOrEqual(
        2 * HOUR,
      );
      expect(recheck({ ...occurrence, instant: occurrence.start })).toEqual({ kind: "same" });
      free = occurrence.end;
    }
  });
});

test("two neighbouring ranges list what the whole lists, and next is the first of them", () => {
  check([window, instant, fc.nat(80 * DAY), fc.nat(80 * DAY)], (window, from, a, b) => {
    const whole = occurrences(window, from, from + a + b);
    expect([...occurrences(window, from, from + a), ...occurrences(window, from + a, from + a + b)]).toEqual(whole);
    const next = occurrencesFrom(window, from).next().value;
    if (whole[0] === undefined) expect(next.start).toBeGreaterThanOrEqual(from + a + b);
    else expect(next).toEqual(whole[0]);
  });
});

test("notice, reminders and start come in this order, each within two hours of its days", () => {
  check([window, instant], (window, from) => {
    const occurrence = occurrencesFrom(window, from).next().value;
    const latest = latestNotice(occurrence);
    const dates = [[28, latest], ...reminders(occurrence).map(({ daysBefore, dueAt }) => [daysBefore, dueAt])];
    for (const [days = 0, at = 0] of dates)
      expect(Math.abs(occurrence.start - at - days * DAY)).toBeLessThanOrEqual(2 * HOUR + 1);
    expect(isNoticeKept(latest, occurrence)).toBe(true);
    expect(isNoticeKept(latest + 1, occurrence)).toBe(false);
  });
});

test("a later occurrence never needs an earlier notice", () => {
  check([window, instant], (window, from) => {
    const latest = occurrences(window, from, from + 120 * DAY).map(latestNotice);
    expect(latest).toEqual(latest.toSorted((a, b) => a - b));
  });
});

test("the next opportunity has room, notice and no freeze, and everything before it lacks one of them", () => {
  check(
    [window, freezes, instant, fc.nat(26 * HOUR), fc.option(fc.integer({ min: -40, max: 40 }))],
    (window, freezes, notBefore, needMs, days) => {
      const noticeAt = days === null ? {} : { noticeAt: notBefore + days * DAY };
      const notAfter = notBefore + 150 * DAY;
      const isGood = (occurrence: { wallStart: string; zone: string; start: number; end: number }): boolean =>
        fits(occurrence, occurrence.start, needMs, 0) &&
        !isFrozen(freezes, occurrence) &&
        (days === null || isNoticeKept(notBefore + days * DAY, occurrence));
      const expected = occurrences(window, notBefore, notAfter).find(isGood);
      const found = nextOpportunity({ window, freezes, notBefore, notAfter, needMs, ...noticeAt });
      expect(found.ok ? found.value : undefined).toEqual(expected);
    },
  );
});

test("freezes are valid spans in order, and isFrozen agrees with them", () => {
  check([freezes, instant, fc.integer({ min: 1, max: 400 * DAY })], (freezes, start, length) => {
    for (const freeze of freezes) expect(freezeSchema.parse(freeze)).toEqual(freeze);
    const spans = frozenSpans(freezes, { start, end: start + length });
    expect(spans.map((span) => span.start)).toEqual(spans.map((span) => span.start).toSorted((a, b) => a - b));
    for (const span of spans) {
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(isFrozen(freezes, { start: span.end - 1, end: span.end })).toBe(span.end > span.start);
    }
    expect(isFrozen(freezes, { start, end: start + length })).toBe(spans.length > 0);
  });
});

test("availability equals counting in periods that begin every twelve hours, and in the one it names", () => {
  fc.assert(
    fc.property(
      window,
      freezes,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 20, max: 100 }),
      (window, freezes, minimum, days) => {
        const from = Date.UTC(2031, 0, 1);
        const result = checkAvailability(window, freezes, from, { minimum, days });
        const end = result.ok ? from + 400 * DAY : result.error.periodEnd;
        const starts = occurrences(window, from, end).flatMap((o) => (isFrozen(freezes, o) ? [] : [o.start]));
        const count = (at: number): number => starts.filter((start) => start >= at && start < at + days * DAY).length;
        for (let at = from; at + days * DAY < end; at += 12 * HOUR) expect(count(at)).toBeGreaterThanOrEqual(minimum);
        if (!result.ok) {
          expect(result.error.found).toBe(count(result.error.periodStart));
          expect(result.error.found).toBeLessThan(minimum);
        }
      },
    ),
    { numRuns: 30 },
  );
});
