import { expect, test } from "vitest";
import { isNoticeKept, latestNotice, reminders } from "../../../shared/kernel/time/notice.ts";
import { recheck } from "../../../shared/kernel/time/recheck.ts";

const at = (text: string): number => Date.parse(text);
const berlin = (wallStart: string) => ({ wallStart, zone: "Europe/Berlin" });

test.each([
  ["over a clock change: 671 hours", "2027-04-10T22:00", "2027-03-13T21:00Z"],
  ["over a clock change: 673 hours", "2027-11-06T22:00", "2027-10-09T20:00Z"],
  ["over the end of February", "2028-03-10T22:00", "2028-02-11T21:00Z"],
  ["doubled: the first pass", "2027-11-28T02:30", "2027-10-31T00:30Z"],
  ["missing: the last millisecond before the jump", "2027-04-25T02:30", "2027-03-28T00:59:59.999Z"],
  ["the end of the gap exists", "2027-04-25T03:00", "2027-03-28T01:00Z"],
  ["a start in a gap counts as announced", "2027-03-28T02:30", "2027-02-28T01:30Z"],
])("four weeks are 28 calendar days at the same wall time: %s", (_name, wallStart, latest) => {
  expect(new Date(latestNotice(berlin(wallStart))).toISOString()).toBe(new Date(latest).toISOString());
});

test("notice is kept up to the last millisecond", () => {
  const latest = latestNotice(berlin("2027-04-10T22:00"));
  expect(isNoticeKept(latest, berlin("2027-04-10T22:00"))).toBe(true);
  expect(isNoticeKept(latest + 1, berlin("2027-04-10T22:00"))).toBe(false);
  expect(() => isNoticeKept(Number.NaN, berlin("2027-04-10T22:00"))).toThrow(/acceptedAt/);
});

test("reminders are due 7 days and 1 day before, at the same wall time", () => {
  expect(reminders(berlin("2027-03-28T22:00"))).toEqual([
    { daysBefore: 7, dueAt: at("2027-03-21T21:00Z") },
    { daysBefore: 1, dueAt: at("2027-03-27T21:00Z") },
  ]);
});

test.each(["", "2027-02-29T10:00", "2027-01-01T24:00", "2027-01-01", "2027-01-01T10:00Z", "0001-01-01T00:00"])(
  "what is no wall time is refused with its text: %j",
  (wallStart) => {
    expect(() => latestNotice(berlin(wallStart))).toThrow(`was ${JSON.stringify(wallStart)}`);
    expect(() => recheck({ ...berlin(wallStart), instant: 0 })).toThrow(RangeError);
  },
);

test("recheck tells whether tzdata moved an instant, which way and how far", () => {
  const stored = { ...berlin("2027-07-10T22:00"), instant: at("2027-07-10T20:00Z") };
  expect(recheck(stored)).toEqual({ kind: "same" });
  // As if stored before the zone got summer time.
  expect(recheck({ ...stored, instant: at("2027-07-10T21:00Z") })).toEqual({
    kind: "moved",
    instant: stored.instant,
    movedMs: -3_600_000,
  });
  expect(recheck({ ...stored, zone: "Europe/Atlantis" })).toEqual({ kind: "unknownZone", zone: "Europe/Atlantis" });
});
