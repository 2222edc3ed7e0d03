// The quick proof never says yes where the exact check says no, and says yes where it matters for speed.

import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeSpans, hasEnoughWindows } from "../../../shared/freezes/core/enough-windows.ts";
import { checkAvailability, checkedUntil } from "../../../shared/kernel/time/availability.ts";
import { frozenSpans, type Freeze } from "../../../shared/kernel/time/freeze.ts";
import type { MaintenanceWindow } from "../../../shared/kernel/time/maintenance-window.ts";
import { WEEKDAYS, windowsIn } from "../time/arbitraries.ts";

const DAY = 86_400_000;
const ZONES = ["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Casablanca", "America/New_York"];

const zone = fc.constantFrom(...ZONES);
const window = windowsIn(zone, { minMinutes: 60, maxWeekdays: 2 });
const wall = (at: number): string => new Date(at).toISOString().slice(0, 16);
const FROM = Date.UTC(2027, 1, 10, 9);
const freezes: fc.Arbitrary<readonly Freeze[]> = fc.array(
  fc
    .record({ zone, at: fc.nat(1500), days: fc.integer({ min: 1, max: 110 }), isYearly: fc.boolean() })
    .map(({ zone, at, days, isYearly }): Freeze => {
      const [from, to] = [wall(FROM + at * DAY), wall(FROM + (at + days) * DAY)];
      const period = isYearly
        ? { kind: "yearly" as const, zone, from: from.slice(5, 10), to: to.slice(5, 10) }
        : { kind: "once" as const, zone, from, to };
      return { freezeId: "f", reason: "r", scope: { kind: "global" }, period };
    }),
  { maxLength: 3 },
);

function isSure(window: MaintenanceWindow, freezes: readonly Freeze[], rule: { minimum: number; days: number }) {
  const until = checkedUntil(freezes, FROM, rule);
  const frozen = mergeSpans(frozenSpans(freezes, { start: FROM, end: until + (rule.days + 2) * DAY }));
  return hasEnoughWindows({ window, frozen, from: FROM, until, rule });
}

test("a sure yes is an exact yes", () => {
  let sure = 0;
  let refused = 0;
  fc.assert(
    fc.property(window, freezes, fc.integer({ min: 30, max: 120 }), (window, freezes, days) => {
      const rule = { minimum: 2, days };
      const exact = checkAvailability(window, freezes, FROM, rule);
      if (!exact.ok) refused++;
      if (!isSure(window, freezes, rule)) return;
      sure++;
      expect(exact.ok).toBe(true);
    }),
    { numRuns: 150 },
  );
  // Neither side of the rule is left out.
  expect(sure).toBeGreaterThan(15);
  expect(refused).toBeGreaterThan(15);
});

test("a freeze of six weeks needs no exact check for weekly windows in any zone", () => {
  const yearly: Freeze = {
    freezeId: "f",
    reason: "r",
    scope: { kind: "global" },
    period: { kind: "yearly", zone: "UTC", from: "12-01", to: "01-10" },
  };
  for (const weekday of WEEKDAYS) {
    for (const zone of ZONES) {
      const window = { kind: "weekly" as const, weekdays: [weekday], zone, start: "22:00", durationMinutes: 360 };
      expect(isSure(window, [yearly], { minimum: 2, days: 99 })).toBe(true);
    }
  }
});
