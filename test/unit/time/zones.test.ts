import { expect, test } from "vitest";
import { isTimeZone, timeZoneSchema } from "../../../shared/kernel/time/zones.ts";
import { wallTimeSchema } from "../../../shared/kernel/time/wall-time.ts";

test("every zone this run time lists is one", () => {
  expect(Intl.supportedValuesOf("timeZone").filter((zone) => !isTimeZone(zone))).toEqual([]);
});

test.each(["UTC", "Etc/UTC", "Europe/Kyiv", "Europe/Kiev", "US/Eastern", "Etc/GMT+5", "Asia/Kolkata", "CET"])(
  "links and old names are zones: %s",
  (zone) => {
    expect(isTimeZone(zone)).toBe(true);
  },
);

test.each(["", "Z", "+01:00", "europe/berlin", "utc", "Europe/Atlantis", " Europe/Berlin", "PST", "E".repeat(10_000)])(
  "no zone: %.20s",
  (zone) => {
    expect(timeZoneSchema.safeParse(zone).error?.issues[0]?.message).toBe(
      "must be an IANA time zone such as Europe/Berlin",
    );
  },
);

test.each([
  "2027-02-29T10:00",
  "2027-13-01T10:00",
  "2027-01-01T24:00",
  "2027-01-01T10:60",
  "1989-12-31T10:00",
  "2027-1-1",
])("no wall time: %s", (text) => {
  expect(wallTimeSchema.safeParse(text).success).toBe(false);
});

test("29 February of a leap year is a wall time", () => {
  expect(wallTimeSchema.parse("2028-02-29T23:59")).toBe("2028-02-29T23:59");
});
