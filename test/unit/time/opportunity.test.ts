import { describe, expect, test } from "vitest";
import type { Freeze } from "../../../shared/kernel/time/freeze.ts";
import type { MaintenanceWindow } from "../../../shared/kernel/time/maintenance-window.ts";
import { fits, nextOpportunity } from "../../../shared/kernel/time/opportunity.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (text: string): number => Date.parse(text);
const zone = "Europe/Berlin";
const window: MaintenanceWindow = {
  kind: "weekly",
  weekdays: ["sunday"],
  zone,
  start: "01:00",
  durationMinutes: 180,
};
const freeze = (from: string, to: string): Freeze => ({
  freezeId: "f",
  reason: "r",
  scope: { kind: "global" },
  period: { kind: "once", zone, from, to },
});
const query = { window, freezes: [], notBefore: at("2027-03-22T00:00Z"), needMs: 2 * HOUR };

describe("nextOpportunity", () => {
  test("is the first window with room", () => {
    expect(nextOpportunity(query)).toMatchObject({ ok: true, value: { wallStart: "2027-03-28T01:00" } });
  });

  test("knows that the night of a clock change is shorter", () => {
    expect(nextOpportunity({ ...query, needMs: 2 * HOUR + 1 })).toMatchObject({
      ok: true,
      value: { wallStart: "2027-04-04T01:00" },
    });
  });

  test("goes past a freeze that touches a window only at its end", () => {
    const freezes = [freeze("2027-03-28T03:59", "2027-04-04T01:00")];
    expect(nextOpportunity({ ...query, freezes })).toMatchObject({
      ok: true,
      value: { wallStart: "2027-04-04T01:00" },
    });
  });

  test("keeps the notice: four weeks to the minute", () => {
    const noticeAt = at("2027-03-28T01:00+01:00");
    expect(nextOpportunity({ ...query, noticeAt })).toMatchObject({
      ok: true,
      value: { wallStart: "2027-04-25T01:00" },
    });
    expect(nextOpportunity({ ...query, noticeAt: noticeAt + 1 })).toMatchObject({
      ok: true,
      value: { wallStart: "2027-05-02T01:00" },
    });
  });

  const range = "from 2027-03-22T00:00:00.000Z to 2027-04-12T00:00:00.000Z";
  const notAfter = at("2027-04-12T00:00Z");
  test.each([
    ["noWindow", { notAfter: at("2027-03-23T00:00Z") }, "no maintenance window opens from 2027-03-22"],
    [
      "noticeTooLate",
      { notAfter, noticeAt: query.notBefore },
      `no maintenance window ${range} can be announced 28 days`,
    ],
    ["windowTooShort", { notAfter, needMs: 3 * HOUR + 1 }, `${range} is long enough: 180 min at most, 181 min needed`],
    [
      "frozen",
      { notAfter, freezes: [freeze("2027-01-01T00:00", "2028-12-31T00:00")] },
      `freezes cover all 3 long enough maintenance windows ${range}`,
    ],
  ])("says why there is none: %s", (kind, change, message) => {
    expect(nextOpportunity({ ...query, ...change })).toMatchObject({
      ok: false,
      error: { kind, message: expect.stringContaining(message) },
    });
  });

  test("looks 400 days ahead", () => {
    const found = nextOpportunity({ ...query, freezes: [freeze("2027-01-01T00:00", "2030-01-01T00:00")] });
    expect(found).toMatchObject({ ok: false, error: { message: expect.stringContaining("cover all 57") } });
  });

  test.each([{ needMs: Number.NaN }, { needMs: -1 }, { notBefore: 0 }, { notAfter: Number.POSITIVE_INFINITY }])(
    "refuses %j",
    (change) => {
      expect(() => nextOpportunity({ ...query, ...change })).toThrow(RangeError);
    },
  );
});

describe("fits", () => {
  const occurrence = {
    wallStart: "2027-04-04T01:00",
    zone,
    start: at("2027-04-03T23:00Z"),
    end: at("2027-04-04T02:00Z"),
  };
  test.each([
    ["not before the window", -1, false],
    ["at its start", 0, true],
    ["so late that both just fit", 90 * MINUTE, true],
    ["a millisecond later", 90 * MINUTE + 1, false],
    ["after the window", 4 * HOUR, false],
  ])("%s", (_name, offset, expected) => {
    expect(fits(occurrence, occurrence.start + offset, HOUR, 30 * MINUTE)).toBe(expected);
  });

  test("an estimate that is no duration cannot start anything", () => {
    expect(() => fits(occurrence, occurrence.start, Number.NaN, 0)).toThrow(/p95UpgradeMs/);
    expect(() => fits(occurrence, occurrence.start, 0, -1)).toThrow(/p95RollBackMs/);
  });
});
