import { describe, expect, test } from "vitest";
import { movedByUs } from "../../../shared/upgrades/core/appointment.ts";
import { announcementOf, cancellationOf, noticesAbout } from "../../../shared/upgrades/upgrade/customer-notices.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { aCampaign, anUpgrade, BERLIN_NIGHT, DAY, HOUR, NOON } from "../../support/upgrades.ts";
import { anOrganisation } from "./support.ts";

const BAKER = anOrganisation("baker");

const about = (kind: Parameters<typeof noticesAbout>[0], upgrade: Upgrade, now = NOON) =>
  noticesAbout(kind, upgrade, BAKER, now);

const kindsOf = (...args: Parameters<typeof about>) => about(...args).map((notice) => notice.kind);

describe("a new date", () => {
  test("is told with the date before, under the number of the change", () => {
    const appointment = movedByUs(BERLIN_NIGHT, { ...BERLIN_NIGHT, start: BERLIN_NIGHT.start + 7 * DAY }, true);
    expect(about("appointed", anUpgrade({ appointment }))).toMatchObject([
      {
        kind: "change",
        sequence: 1,
        appointment: { start: appointment.start, previousStart: BERLIN_NIGHT.start },
      },
      { kind: "reminder7", sequence: 1 },
      { kind: "reminder1", sequence: 1 },
    ]);
    // Who was not told the date before is not told that it has changed.
    const [announced] = announcementOf(aCampaign(), anUpgrade({ appointment }), BAKER, NOON);
    expect(announced?.appointment).not.toHaveProperty("previousStart");
  });

  test("is not reminded of later than the reminder was due, and can be told late", () => {
    const upgrade = anUpgrade({ appointment: BERLIN_NIGHT });
    expect(kindsOf("appointed", upgrade, BERLIN_NIGHT.start - 3 * DAY)).toEqual(["change", "reminder1"]);
    expect(kindsOf("appointed", upgrade, BERLIN_NIGHT.start - HOUR)).toEqual(["change"]);
    const late = BERLIN_NIGHT.start - DAY;
    expect(about("appointed", upgrade, late)[0]).toMatchObject({ notBefore: late, deadline: late });
    expect(kindsOf("appointed", anUpgrade())).toEqual([]);
  });
});

describe("an end", () => {
  const wasOffline = { appointment: BERLIN_NIGHT, offlineFrom: NOON, onlineAgainAt: NOON + HOUR };

  test.each([
    ["succeeded", "completion"],
    ["rolledBack", "rollBack"],
  ] as const)("%s is told with the time it was offline", (end, kind) => {
    expect(about(end, anUpgrade(wasOffline))).toMatchObject([
      { kind, sequence: 0, appointment: { start: NOON, end: NOON + HOUR } },
    ]);
  });

  test("that nobody can have noticed is not told", () => {
    expect(kindsOf("rolledBack", anUpgrade({ appointment: BERLIN_NIGHT }))).toEqual([]);
  });

  test("before its date is a cancellation of that date, under the next number", () => {
    const upgrade = anUpgrade({ appointment: BERLIN_NIGHT });
    expect(cancellationOf(aCampaign(), upgrade, BAKER, NOON)).toMatchObject({
      kind: "cancellation",
      sequence: 1,
      appointment: { start: BERLIN_NIGHT.start, end: BERLIN_NIGHT.end },
    });
  });

  test("of a hotfix before its turn is a cancellation of the time that was told", () => {
    const pace = { fastestMs: 0, usualMs: HOUR, averageMs: HOUR, upgradeMs: 4 * HOUR, rollBackMs: 2 * HOUR };
    const campaign = aCampaign({ kind: "hotfix", firstStart: NOON - HOUR, pace });
    expect(cancellationOf(campaign, anUpgrade(), BAKER, NOON)).toMatchObject({
      kind: "cancellation",
      sequence: 1,
      appointment: { start: NOON - HOUR, end: NOON + 5 * HOUR, work: "hotfix" },
    });
  });

  test.each(["needsHuman", "started", "rollingBack"] as const)("%s is support's to tell", (kind) => {
    expect(about(kind, anUpgrade(wasOffline))).toEqual([]);
  });
});
