// Maintenance windows of all kinds, as fast-check draws them.

import fc from "fast-check";
import type { MaintenanceWindow } from "../../../shared/kernel/time/maintenance-window.ts";

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;

export function windowsIn(
  zone: fc.Arbitrary<string>,
  { minMinutes = 1, maxWeekdays = 7 } = {},
): fc.Arbitrary<MaintenanceWindow> {
  const two = (n: number): string => String(n).padStart(2, "0");
  const wallSpan = {
    zone,
    start: fc.nat(1439).map((minute) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`),
    durationMinutes: fc.integer({ min: minMinutes, max: 1440 }),
  };
  return fc.oneof(
    fc.record({
      kind: fc.constant("weekly" as const),
      weekdays: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: maxWeekdays }),
      ...wallSpan,
    }),
    fc.record({
      kind: fc.constant("monthly" as const),
      week: fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const, "last" as const),
      weekday: fc.constantFrom(...WEEKDAYS),
      ...wallSpan,
    }),
  );
}
