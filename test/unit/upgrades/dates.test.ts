// The rules of dates: announced or not, what a customer may choose, when an upgrade is due, the plan of a campaign.

import { describe, expect, test } from "vitest";
import { compareVersions } from "../../../shared/kernel/version.ts";
import type { Freeze } from "../../../shared/kernel/time/freeze.ts";
import type { MaintenanceWindow } from "../../../shared/kernel/time/maintenance-window.ts";
import { latestNotice } from "../../../shared/kernel/time/notice.ts";
import {
  chosenByCustomer,
  firstAppointment,
  isAnnounced,
  reach,
  movedByTimeZone,
  movedByUs,
  type Appointment,
} from "../../../shared/upgrades/core/appointment.ts";
import { dueOf } from "../../../shared/upgrades/core/due.ts";
import { offer, type OfferQuery } from "../../../shared/upgrades/core/offer.ts";
import { planDates, type PlanQuery } from "../../../shared/upgrades/core/plan.ts";
import { BERLIN_NIGHT, DAY, HOUR, MINUTE, NOON, POLICY } from "../../support/upgrades.ts";

/** Wall times compare as texts. */
const isInReach = (appointment: Appointment, { wallStart }: { readonly wallStart: string }): boolean =>
  wallStart >= reach(appointment).from && wallStart <= reach(appointment).to;

const WINDOW: MaintenanceWindow = {
  kind: "weekly",
  weekdays: ["saturday"],
  start: "22:00",
  durationMinutes: 360,
  zone: "Europe/Berlin",
};
const WEEK = 7 * DAY;
/** The Saturday so many weeks after the announced one; no clock change lies between. */
const later = (weeks: number) => ({
  wallStart: new Date(Date.UTC(2027, 0, 9, 22) + weeks * WEEK).toISOString().slice(0, 16),
  zone: "Europe/Berlin",
  start: BERLIN_NIGHT.start + weeks * WEEK,
  end: BERLIN_NIGHT.end + weeks * WEEK,
});
const LIMIT = latestNotice(BERLIN_NIGHT);

describe("a date is announced", () => {
  const told = (sequence: number, acceptedAt: number) => ({ sequence, acceptedAt });

  test("when its notice was accepted four weeks before, to the millisecond", () => {
    expect(isAnnounced(BERLIN_NIGHT, [told(0, LIMIT)])).toBe(true);
    expect(isAnnounced(BERLIN_NIGHT, [told(0, LIMIT + 1)])).toBe(false);
    expect(isAnnounced(BERLIN_NIGHT, [])).toBe(false);
  });

  test("that the customer chose when the first was told four weeks before, and the chosen one at all", () => {
    const chosen = chosenByCustomer(BERLIN_NIGHT, later(1));
    expect(isAnnounced(chosen, [told(0, LIMIT)])).toBe(false);
    expect(isAnnounced(chosen, [told(0, LIMIT), told(1, chosen.start - DAY)])).toBe(true);
    // A week earlier than announced: four weeks before that one counts.
    const earlier = chosenByCustomer(BERLIN_NIGHT, later(-1));
    const change = told(1, earlier.start - DAY);
    expect(isAnnounced(earlier, [told(0, LIMIT), change])).toBe(false);
    expect(isAnnounced(earlier, [told(0, LIMIT - WEEK), change])).toBe(true);
  });

  test("that we moved only when that one was told four weeks before", () => {
    const moved = movedByUs(BERLIN_NIGHT, later(8), true);
    expect(isAnnounced(moved, [told(0, LIMIT), told(1, latestNotice(moved) + 1)])).toBe(false);
    expect(isAnnounced(moved, [told(0, LIMIT), told(1, latestNotice(moved))])).toBe(true);
    // And what the customer chooses then goes on counting from that.
    const chosen = chosenByCustomer(moved, later(9));
    expect(isAnnounced(chosen, [told(0, LIMIT), told(2, chosen.start - DAY)])).toBe(false);
    expect(isAnnounced(chosen, [told(1, latestNotice(moved)), told(2, chosen.start - DAY)])).toBe(true);
  });

  test("whose instant tzdata moved when the new instant was told, at any time", () => {
    const moved = movedByTimeZone(BERLIN_NIGHT, BERLIN_NIGHT.start + HOUR, BERLIN_NIGHT.end + HOUR);
    expect(isAnnounced(moved, [told(0, LIMIT)])).toBe(false);
    expect(isAnnounced(moved, [told(0, LIMIT), told(1, moved.start - DAY)])).toBe(true);
  });

  test("not by a notice of a date that is not this one (any more, or yet)", () => {
    expect(isAnnounced(BERLIN_NIGHT, [told(1, LIMIT)])).toBe(false);
  });
});

describe("a change of date", () => {
  test("by the customer goes on counting, by us begins anew", () => {
    const chosen = chosenByCustomer(BERLIN_NIGHT, later(2));
    const counted = {
      revision: 1,
      noticeFrom: 0,
      announcedWall: "2027-01-09T22:00",
      previousStart: BERLIN_NIGHT.start,
    };
    expect(chosen).toEqual({ ...BERLIN_NIGHT, ...later(2), ...counted });
    const moved = movedByUs(chosen, later(9), true);
    expect(moved).toEqual({
      ...firstAppointment(later(9)),
      revision: 2,
      noticeFrom: 2,
      missed: 1,
      previousStart: later(2).start,
    });
    expect(movedByUs(moved, later(12), false)).toMatchObject({ revision: 3, noticeFrom: 3, missed: 1 });
  });

  test.each([
    [-8, false],
    [-7, true],
    [0, true],
    [21, true],
    [22, false],
  ])("%d days after the announced one: in reach %s, however often the customer moved before", (days, expected) => {
    const wallStart = new Date(Date.UTC(2027, 0, 9, 22) + days * DAY).toISOString().slice(0, 16);
    expect(isInReach(BERLIN_NIGHT, { wallStart })).toBe(expected);
    expect(isInReach(chosenByCustomer(BERLIN_NIGHT, later(3)), { wallStart })).toBe(expected);
    expect(reach(BERLIN_NIGHT)).toEqual({ from: "2027-01-02T22:00", to: "2027-01-30T22:00" });
  });
});

const FREEZE: Freeze = {
  freezeId: "inventory",
  reason: "stocktaking",
  scope: { kind: "global" },
  period: { kind: "once", zone: "Europe/Berlin", from: "2027-01-10T02:00", to: "2027-01-10T04:00" },
};
const NEED = { upgradeMs: HOUR, rollBackMs: 2 * HOUR };

describe("an upgrade is due", () => {
  const due = (appointment: Appointment | undefined, now: number, freezes: readonly Freeze[] = []) =>
    dueOf(appointment === undefined ? {} : { appointment }, { now, need: NEED, freezes, policy: POLICY });
  const { start, end } = BERLIN_NIGHT;

  test("at once when it is a hotfix, in no window and in spite of a freeze", () => {
    const expected = { kind: "start", turnBackAt: NOON + 2 * HOUR, backOnlineBy: NOON + 4 * HOUR };
    expect(due(undefined, NOON, [FREEZE])).toEqual(expected);
    const slow = { upgradeMs: HOUR, rollBackMs: 5 * HOUR };
    expect(dueOf({}, { now: NOON, need: slow, freezes: [], policy: POLICY })).toEqual({
      kind: "start",
      turnBackAt: NOON + HOUR,
      backOnlineBy: NOON + 6 * HOUR,
    });
  });

  test("when its window opens, and as long as upgrade and roll-back fit into what is left", () => {
    expect(due(BERLIN_NIGHT, start - 1)).toEqual({ kind: "wait", until: start });
    // Not longer offline than is allowed, though the window is longer.
    expect(due(BERLIN_NIGHT, start)).toEqual({
      kind: "start",
      turnBackAt: start + 2 * HOUR,
      backOnlineBy: start + 4 * HOUR,
    });
    expect(due(BERLIN_NIGHT, end - 3 * HOUR)).toEqual({
      kind: "start",
      turnBackAt: end - 2 * HOUR,
      backOnlineBy: end,
    });
  });

  test("never when it does not fit any more: its window was missed", () => {
    const missed = { kind: "missed", reason: "its maintenance window went by without a start" };
    expect(due(BERLIN_NIGHT, end - 3 * HOUR + 1)).toEqual(missed);
    expect(due(BERLIN_NIGHT, end + 9 * DAY)).toEqual(missed);
  });

  test.each([NOON, start, start + HOUR])("never in a freeze that touches its window", (now) => {
    const missed = { kind: "missed", reason: "no upgrades are allowed in its maintenance window any more" };
    expect(due(BERLIN_NIGHT, now, [FREEZE])).toEqual(missed);
  });

  test("at another instant when clock rules have changed", () => {
    const stale = { ...BERLIN_NIGHT, start: start - HOUR, end: end - HOUR };
    expect(due(stale, start - HOUR)).toEqual({ kind: "moved", start, end });
    expect(due({ ...BERLIN_NIGHT, zone: "Europe/Atlantis" }, start)).toEqual({
      kind: "missed",
      reason: "the time zone Europe/Atlantis is not known any more",
    });
  });

  test("with a time to turn back that lies ahead, and a way back that ends in the window", () => {
    for (let now = start; now <= end - 3 * HOUR; now += MINUTE) {
      const found = due(BERLIN_NIGHT, now);
      if (found.kind !== "start") throw new Error(found.kind);
      expect(found.turnBackAt).toBeGreaterThan(now);
      expect(found.backOnlineBy - found.turnBackAt).toBe(NEED.rollBackMs);
      expect(found.backOnlineBy).toBeLessThanOrEqual(end);
    }
  });

  test("with time enough for the upgrade even where the estimates have outgrown the longest time offline", () => {
    const slow = { upgradeMs: 3 * HOUR, rollBackMs: 3 * HOUR };
    const found = dueOf({ appointment: BERLIN_NIGHT }, { now: start, need: slow, freezes: [], policy: POLICY });
    expect(found).toEqual({ kind: "start", turnBackAt: start + 3 * HOUR, backOnlineBy: start + 6 * HOUR });
  });
});

describe("a customer is offered", () => {
  const LONG_AGO = BERLIN_NIGHT.start - 60 * DAY;
  const offered = (changes: Partial<OfferQuery> = {}, appointment: Appointment = BERLIN_NIGHT) =>
    offer(appointment, {
      window: WINDOW,
      freezes: [],
      need: NEED,
      accepted: [{ sequence: 0, acceptedAt: LONG_AGO }],
      plannedFrom: 0,
      now: NOON,
      ...changes,
    }).map(({ wallStart }) => wallStart.slice(0, 10));

  test("the windows from seven days before to three weeks after, without the present one", () => {
    expect(offered()).toEqual(["2027-01-02", "2027-01-16", "2027-01-23", "2027-01-30"]);
  });

  test("the same ones, counted from the announcement, after it has chosen", () => {
    expect(offered({}, chosenByCustomer(BERLIN_NIGHT, later(3)))).toEqual([
      "2027-01-02",
      "2027-01-09",
      "2027-01-16",
      "2027-01-23",
    ]);
  });

  test("none that it was not told four weeks before", () => {
    expect(offered({ accepted: [{ sequence: 0, acceptedAt: LIMIT }] })).toEqual([
      "2027-01-16",
      "2027-01-23",
      "2027-01-30",
    ]);
    expect(offered({ accepted: [{ sequence: 0, acceptedAt: LIMIT + 1 }] })).toEqual([
      "2027-01-16",
      "2027-01-23",
      "2027-01-30",
    ]);
    expect(offered({ accepted: [{ sequence: 0, acceptedAt: LIMIT + 2 * WEEK }] })).toEqual([
      "2027-01-23",
      "2027-01-30",
    ]);
    expect(offered({ accepted: [] })).toEqual([]);
    const moved = movedByUs(BERLIN_NIGHT, BERLIN_NIGHT, true);
    expect(offered({}, moved)).toEqual([]);
  });

  test("none in a freeze, none that is too short, none before its ring", () => {
    const freeze: Freeze = {
      ...FREEZE,
      period: { kind: "once", zone: "Europe/Berlin", from: "2027-01-17T03:59", to: "2027-01-18T00:00" },
    };
    expect(offered({ freezes: [freeze] })).toEqual(["2027-01-02", "2027-01-23", "2027-01-30"]);
    expect(offered({ need: { upgradeMs: 4 * HOUR, rollBackMs: 2 * HOUR + 1 } })).toEqual([]);
    expect(offered({ plannedFrom: later(1).start + 1 })).toEqual(["2027-01-23", "2027-01-30"]);
  });

  test("none that begins within a day", () => {
    expect(offered({ now: later(1).start - DAY })).toEqual(["2027-01-16", "2027-01-23", "2027-01-30"]);
    expect(offered({ now: later(1).start - DAY + 1 })).toEqual(["2027-01-23", "2027-01-30"]);
    expect(offered({ now: later(3).start })).toEqual([]);
  });

  test("at most twenty", () => {
    const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
    expect(offered({ window: { ...WINDOW, weekdays: [...weekdays] } })).toHaveLength(20);
  });
});

describe("the plan of a campaign", () => {
  const plannable = (organisationId: string) => ({
    organisationId,
    stamp: organisationId.startsWith("us") ? "us-1" : "eu-1",
    window: WINDOW,
  });
  const ring = (name: string, soakMs = 0) => ({ ring: name, soakMs });
  const plan = (names: Readonly<Record<string, string>>, changes: Partial<PlanQuery<ReturnType<typeof ring>>> = {}) =>
    planDates(
      Object.keys(names).map((name) => plannable(name)),
      {
        rings: [ring("canary", 3 * DAY), ring("early"), ring("broad")],
        ringOf: new Map(Object.entries(names)),
        freezes: [],
        need: NEED,
        notBefore: NOON,
        noticeAt: NOON,
        ...changes,
      },
    );
  const dates = ({ appointments }: ReturnType<typeof plan>) =>
    Object.fromEntries([...appointments].map(([name, { wallStart }]) => [name, wallStart.slice(0, 10)]));

  test("goes ring after ring, each after the one before has soaked", () => {
    const planned = plan({ a: "canary", b: "early", c: "broad" });
    // The first Saturday that can be announced, then three days of soaking, then the next windows.
    expect(dates(planned)).toEqual({ a: "2026-12-26", b: "2027-01-02", c: "2027-01-09" });
    expect(planned.rings.map(({ plannedFrom }) => plannedFrom)).toEqual([
      NOON,
      Date.UTC(2026, 11, 27, 3) + 3 * DAY,
      Date.UTC(2027, 0, 3, 3),
    ]);
    expect(planned.impossible.size).toBe(0);
  });

  test("does not wait for a ring without organisations", () => {
    expect(dates(plan({ c: "broad" }))).toEqual({ c: "2026-12-26" });
  });

  test("keeps out of the freezes of each organisation", () => {
    const christmas: Freeze = {
      ...FREEZE,
      scope: { kind: "stamp", stamp: "us-1" },
      period: { kind: "yearly", zone: "Europe/Berlin", from: "12-20", to: "01-06" },
    };
    expect(dates(plan({ a: "broad", us: "broad" }, { freezes: [christmas] }))).toEqual({
      a: "2026-12-26",
      us: "2027-01-09",
    });
  });

  test("names those for whom there is no date, and why", () => {
    const early = plan({ a: "broad" }, { notAfter: NOON + 28 * DAY });
    expect(early.impossible.get("a")).toContain("can be announced 28 days ahead any more");
    // The longest night is the one in which the clocks are set back.
    const long = plan({ a: "broad" }, { need: { upgradeMs: 5 * HOUR, rollBackMs: 5 * HOUR } });
    expect(long.impossible.get("a")).toContain("420 min at most, 600 min needed");
    const late = plan({ a: "canary", b: "early" }, { notAfter: Date.UTC(2026, 11, 27) });
    expect(dates(late)).toEqual({ a: "2026-12-26" });
    expect(late.impossible.get("b")).toContain("no maintenance window opens");
  });
});

test.each([
  ["7.13.0.1", "7.13.0.1", 0],
  ["7.13", "7.13.0.0", 0],
  ["7.9", "7.13", -1],
  ["7.13.0.10", "7.13.0.9", 1],
  ["8.0", "7.99.99.99", 1],
  ["7.13", "7.13.0.1", -1],
] as const)("version %s against %s", (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
  expect(Math.sign(compareVersions(b, a))).toBe(sign === 0 ? 0 : -sign);
});
