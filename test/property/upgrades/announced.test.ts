// The rule of four weeks, stated a second time: with wall clocks read by Intl, day by day, instead of Temporal.

import fc from "fast-check";
import { expect, test } from "vitest";
import { occurrencesFrom } from "../../../shared/kernel/time/maintenance-window.ts";
import {
  chosenByCustomer,
  firstAppointment,
  isAnnounced,
  reach,
  movedByTimeZone,
  movedByUs,
  type AcceptedNotice,
  type Appointment,
} from "../../../shared/upgrades/core/appointment.ts";
import { DAY, HOUR, MINUTE } from "../../support/upgrades.ts";

/** Wall times compare as texts. */
const isInReach = (appointment: Appointment, { wallStart }: { readonly wallStart: string }): boolean =>
  wallStart >= reach(appointment).from && wallStart <= reach(appointment).to;

const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Sao_Paulo",
  "Asia/Kolkata",
  "Pacific/Apia",
  "Africa/Casablanca",
  "UTC",
] as const;

const formats = new Map(
  ZONES.map((zone) => [
    zone,
    new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }),
  ]),
);

/** What the clock on the wall shows, e.g. `2027-04-10T22:00`. */
const clock = (zone: (typeof ZONES)[number], at: number): string =>
  (formats.get(zone)?.format(at) ?? "").replace(" ", "T");

/** The same wall time so many calendar days earlier. */
function earlier(wall: string, days: number): string {
  const [date = "", time = ""] = wall.split("T");
  return `${new Date(Date.parse(`${date}T00:00Z`) - days * DAY).toISOString().slice(0, 10)}T${time}`;
}

/** No clock in the zone has shown a time after the wall time 28 days before: neither now nor at any minute before. */
function isFourWeeksBefore(at: number, { wallStart }: Appointment, zone: (typeof ZONES)[number]): boolean {
  const limit = earlier(wallStart, 28);
  for (let back = 0; back <= 4 * HOUR; back += MINUTE) {
    if (clock(zone, at - back) > limit) return false;
  }
  return true;
}

const change = fc.constantFrom("byCustomer" as const, "byUs" as const, "byTimeZone" as const);

const scene = fc.record({
  zone: fc.constantFrom(...ZONES),
  start: fc.constantFrom("22:00", "00:30", "01:45", "02:15", "02:30", "03:00"),
  from: fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 0, 1) }),
  changes: fc.array(change, { maxLength: 4 }),
  notices: fc.array(
    fc.record({
      sequence: fc.nat(5),
      // Around the limit, to the minute, where the rule bites.
      minutes: fc.oneof(fc.integer({ min: -90, max: 90 }), fc.integer({ min: -30 * 24 * 60, max: 30 * 24 * 60 })),
    }),
    { maxLength: 5 },
  ),
});

test("announced is what an independent statement of the rule calls announced", { timeout: 60_000 }, () => {
  let yes = 0;
  fc.assert(
    fc.property(scene, ({ zone, start, from, changes, notices }) => {
      const window = { kind: "weekly", weekdays: ["saturday", "sunday"], zone, start, durationMinutes: 300 } as const;
      const dates = occurrencesFrom({ ...window, weekdays: [...window.weekdays] }, from);
      let appointment = firstAppointment(dates.next().value);
      // The first revision whose notices count: a date that we set begins the four weeks anew.
      let counting = 0;
      for (const [index, kind] of changes.entries()) {
        if (kind === "byCustomer") appointment = chosenByCustomer(appointment, dates.next().value);
        else if (kind === "byTimeZone") {
          appointment = movedByTimeZone(appointment, appointment.start + HOUR, appointment.end + HOUR);
        } else {
          appointment = movedByUs(appointment, dates.next().value, true);
          counting = index + 1;
        }
      }
      const base = Date.parse(`${earlier(appointment.wallStart, 28)}:00Z`) - offsetOf(zone, appointment);
      const accepted = notices.map(({ sequence, minutes }): AcceptedNotice => ({
        sequence,
        acceptedAt: base + minutes * MINUTE,
      }));
      const inTime = accepted.some(
        ({ sequence, acceptedAt }) => sequence >= counting && isFourWeeksBefore(acceptedAt, appointment, zone),
      );
      const expected = inTime && accepted.some(({ sequence }) => sequence === changes.length);
      expect(isAnnounced(appointment, accepted)).toBe(expected);
      yes += expected ? 1 : 0;
    }),
    { numRuns: 800 },
  );
  expect(yes).toBeGreaterThan(50);
});

/** Near the limit is near enough: notices are spread around it. */
function offsetOf(zone: (typeof ZONES)[number], { start }: Appointment): number {
  return Date.parse(`${clock(zone, start)}:00Z`) - Math.floor(start / MINUTE) * MINUTE;
}

test("a customer may choose from seven days before to three weeks after what we announced, by the calendar", () => {
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), fc.integer({ min: -40, max: 40 }), fc.nat(23), (zone, days, hour) => {
      const announced = "2027-03-20T12:00";
      const appointment = firstAppointment({ wallStart: announced, zone, start: 0, end: HOUR });
      const wallStart = earlier(`2027-03-20T${String(hour).padStart(2, "0")}:00`, -days);
      const expected = wallStart >= earlier(announced, 7) && wallStart <= earlier(announced, -21);
      expect(isInReach(appointment, { wallStart })).toBe(expected);
    }),
  );
});
