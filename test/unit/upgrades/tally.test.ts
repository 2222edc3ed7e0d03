import type { NewIncident } from "../../../shared/incidents/core/incident.ts";
import { describe, expect, test } from "vitest";
import { addSamples, NO_SAMPLES, type Finished } from "../../../shared/upgrades/core/estimates.ts";
import { UPGRADE_STATES } from "../../../shared/upgrades/core/moves.ts";
import { failedIn, moved, openIn, placeOf, sum, tallyOf } from "../../../shared/upgrades/core/tally.ts";
import { newsKind, isCountedAtOnce } from "../../../shared/upgrades/core/outbox.ts";
import type { HistoryEntry, Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { tallyUpgrades, notifyAll } from "../../../shared/upgrades/campaigns/tally-upgrades.ts";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { aCampaign, anUpgrade, aTally, BERLIN_NIGHT, MINUTE, NOON, someCounts } from "../../support/upgrades.ts";

const EU = { ring: "broad", stamp: "eu-1" };
const US = { ring: "broad", stamp: "us-1" };
const CANARY = { ring: "canary", stamp: "eu-1" };

describe("tallies", () => {
  test("there is one per ring and stamp that has any, and all wait", () => {
    expect(tallyOf([])).toEqual([]);
    expect(tallyOf([EU, US, EU, CANARY])).toEqual([
      { ...EU, counts: someCounts({ waiting: 2 }) },
      { ...US, counts: someCounts({ waiting: 1 }) },
      { ...CANARY, counts: someCounts({ waiting: 1 }) },
    ]);
  });

  test("a move counts where the upgrade is, and nowhere else", () => {
    const tallies = tallyOf([EU, EU, US, CANARY]);
    const after = moved(tallies, EU, "waiting", "underWay", NOON);
    expect(after[0]).toEqual({ ...EU, counts: someCounts({ waiting: 1, underWay: 1 }) });
    expect(after.slice(1)).toEqual(tallies.slice(1));
    expect(moved(tallies, EU, "waiting", "waiting", NOON)).toBe(tallies);
    expect(moved(tallies, { ring: "broad", stamp: "elsewhere" }, "waiting", "underWay", NOON)).toEqual(tallies);
  });

  test.each(["succeeded", "rolledBack", "needsHuman"] as const)("%s begins the soak time, the latest counts", (to) => {
    const first = moved([aTally("broad", { underWay: 2 })], EU, "underWay", to, NOON + MINUTE);
    expect(first[0]?.lastEndAt).toBe(NOON + MINUTE);
    expect(moved(first, EU, "underWay", to, NOON)[0]?.lastEndAt).toBe(NOON + MINUTE);
  });

  test("a skip, a start, a new date do not", () => {
    for (const to of ["skipped", "underWay", "postponed"] as const) {
      expect(moved([aTally("broad", { waiting: 1 })], EU, "waiting", to, NOON)[0]).not.toHaveProperty("lastEndAt");
    }
  });

  test("are added up", () => {
    const total = sum([aTally("a", { waiting: 1, rolledBack: 2 }), aTally("b", { rolledBack: 3, needsHuman: 4 })]);
    expect(total).toEqual(someCounts({ waiting: 1, rolledBack: 5, needsHuman: 4 }));
    expect(failedIn(total)).toBe(9);
    expect(
      openIn(someCounts({ waiting: 1, postponed: 2, underWay: 4, needsHuman: 8, succeeded: 16, skipped: 32 })),
    ).toBe(15);
  });

  test.each(UPGRADE_STATES)("an upgrade that is %s has a place", (state) => {
    const expected = {
      scheduled: "waiting",
      needsHuman: "needsHuman",
      succeeded: "succeeded",
      rolledBack: "rolledBack",
      skipped: "skipped",
    };
    const known = Object.entries(expected).find(([name]) => name === state)?.[1];
    expect(placeOf({ state })).toBe(known ?? "underWay");
    expect(placeOf({ state, appointment: BERLIN_NIGHT })).toBe(known ?? "underWay");
    const later = placeOf({ state, appointment: { ...BERLIN_NIGHT, revision: 1 } });
    expect(later).toBe(state === "scheduled" ? "postponed" : (known ?? "underWay"));
  });
});

const entry = (from: HistoryEntry["from"], to: HistoryEntry["to"], sequence = 1): HistoryEntry => ({
  organisationId: "alpine-foods",
  sequence,
  from,
  to,
  at: NOON,
  by: "test",
});

test.each([
  ["scheduled", "scheduled", "appointed"],
  ["scheduled", "goingOffline", "started"],
  ["scheduled", "skipped", "skipped"],
  ["goingOffline", "creatingRestorePoint", undefined],
  ["goingOffline", "verifyingPrevious", "rollingBack"],
  ["creatingRestorePoint", "upgrading", undefined],
  ["upgrading", "verifying", undefined],
  ["upgrading", "restoring", "rollingBack"],
  ["verifying", "verifying", undefined],
  ["verifying", "goingOnline", undefined],
  ["goingOnline", "succeeded", "succeeded"],
  ["restoring", "verifyingPrevious", undefined],
  ["restoring", "succeeded", "succeeded"],
  ["restoring", "needsHuman", "needsHuman"],
  ["verifyingPrevious", "verifyingPrevious", undefined],
  ["verifyingPrevious", "goingOnlinePrevious", undefined],
  ["goingOnlinePrevious", "rolledBack", "rolledBack"],
  // Somebody retries: support hears of it, and it counts as under way again.
  ["needsHuman", "restoring", "rollingBack"],
  ["needsHuman", "verifyingPrevious", "rollingBack"],
] as const)("%s -> %s is told as %s", (from, to, kind) => {
  expect(newsKind({ from, to })).toBe(kind);
});

describe("settling", () => {
  const told = (from: HistoryEntry["from"], to: HistoryEntry["to"], upgrade: Partial<Upgrade> = {}) => ({
    entry: entry(from, to),
    upgrade: anUpgrade({ state: to, ...upgrade }),
  });
  const dated = (revision: number): Partial<Upgrade> => ({ appointment: { ...BERLIN_NIGHT, revision } });
  const counted = (before: Parameters<typeof someCounts>[0], ...moves: ReturnType<typeof told>[]) =>
    tallyUpgrades(aCampaign({ tallies: [aTally("broad", before ?? {})] }), moves).tallies[0]?.counts;

  test("nothing changes nothing", () => {
    const campaign = aCampaign();
    expect(tallyUpgrades(campaign, [])).toBe(campaign);
  });

  test.each([
    ["a success", told("goingOnline", "succeeded"), { underWay: 1 }, { succeeded: 1 }],
    ["a roll-back", told("goingOnlinePrevious", "rolledBack"), { underWay: 1 }, { rolledBack: 1 }],
    ["a failed roll-back", told("restoring", "needsHuman"), { underWay: 1 }, { needsHuman: 1 }],
    ["a retry", told("needsHuman", "restoring"), { needsHuman: 1 }, { underWay: 1 }],
    ["a skip without a date", told("scheduled", "skipped"), { waiting: 1 }, { skipped: 1 }],
    ["a skip of the first date", told("scheduled", "skipped", dated(0)), { waiting: 1 }, { skipped: 1 }],
    ["a skip of a later date", told("scheduled", "skipped", dated(2)), { postponed: 1 }, { skipped: 1 }],
    ["the first new date", told("scheduled", "scheduled", dated(1)), { waiting: 1 }, { postponed: 1 }],
    ["a further new date", told("scheduled", "scheduled", dated(2)), { postponed: 1 }, { postponed: 1 }],
    ["the way back", told("upgrading", "restoring"), { underWay: 1 }, { underWay: 1 }],
    ["a start, counted at once when it was made", told("scheduled", "goingOffline"), { underWay: 1 }, { underWay: 1 }],
  ])("%s", (_, move, before, after) => {
    expect(counted(before, move)).toEqual(someCounts(after));
  });

  test("moves are counted in their order", () => {
    const moves = [told("scheduled", "scheduled", dated(1)), told("scheduled", "skipped", dated(1))];
    expect(counted({ waiting: 1 }, ...moves)).toEqual(someCounts({ skipped: 1 }));
    const stuck = [told("restoring", "needsHuman"), told("needsHuman", "restoring"), told("restoring", "needsHuman")];
    expect(counted({ underWay: 1 }, ...stuck)).toEqual(someCounts({ needsHuman: 1 }));
  });

  test("only a start is counted at once", () => {
    expect(isCountedAtOnce({ from: "scheduled", to: "goingOffline" })).toBe(true);
    expect(isCountedAtOnce({ from: "scheduled", to: "skipped" })).toBe(false);
    expect(isCountedAtOnce({ from: "needsHuman", to: "restoring" })).toBe(false);
  });
});

describe("learning", () => {
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;
  const times = { offlineFrom: NOON, rollBackFrom: NOON + HOUR };
  const raiseIncident = async () => {};
  const learned = async (to: HistoryEntry["to"], from: HistoryEntry["from"], changes: Partial<Upgrade>) => {
    let samples = NO_SAMPLES;
    const learn = async (finished: readonly Finished[]) => void (samples = addSamples(samples, finished));
    const upgrade = anUpgrade({ state: to, ...times, ...changes });
    await notifyAll({ notify: async () => {}, learn, log: memoryLog(), raiseIncident }, aCampaign(), [
      { entry: entry(from, to), upgrade },
    ]);
    return [samples.upgradeMs.map(({ ms }) => ms), samples.rollBackMs.map(({ ms }) => ms)];
  };

  test("a success teaches how long upgrades take, a roll-back how long roll-backs take", async () => {
    const onlineAgainAt = NOON + 3 * HOUR;
    expect(await learned("succeeded", "goingOnline", { onlineAgainAt })).toEqual([[3 * HOUR], []]);
    expect(await learned("rolledBack", "goingOnlinePrevious", { onlineAgainAt })).toEqual([[], [2 * HOUR]]);
    expect(await learned("needsHuman", "restoring", {})).toEqual([[], []]);
    expect(await learned("restoring", "upgrading", {})).toEqual([[], []]);
  });

  test("what took a human more than a week, or ended before it began, teaches nothing and stops nobody", async () => {
    for (const onlineAgainAt of [NOON + 8 * DAY, NOON - 1]) {
      expect(await learned("rolledBack", "goingOnlinePrevious", { onlineAgainAt })).toEqual([[], []]);
      expect(await learned("succeeded", "restoring", { onlineAgainAt })).toEqual([[], []]);
    }
  });
});

describe("telling", () => {
  const learn = async () => {};
  const incidents: NewIncident[] = [];
  const raiseIncident = async (incident: NewIncident) => void incidents.push(incident);
  const many = Array.from({ length: 25 }, (_, index) => ({
    entry: { ...entry("goingOnline", "succeeded"), organisationId: `org-${index}` },
    upgrade: anUpgrade({ organisationId: `org-${index}` }),
  }));

  test("reaches everybody, also when one can never be told", async () => {
    const log = memoryLog();
    const heard: string[] = [];
    const notify = async ({ upgrade }: { upgrade: Upgrade }) => {
      if (upgrade.organisationId === "org-3") throw new PermanentFailure("its contact is no address");
      heard.push(upgrade.organisationId);
    };
    await notifyAll({ notify, learn, log, raiseIncident }, aCampaign(), many);
    expect(heard).toHaveLength(24);
    expect(incidents).toMatchObject([{ kind: "upgradeNotTold", subject: { organisationId: "org-3" } }]);
    expect(log.entries).toMatchObject([
      {
        level: "error",
        event: "upgrade.notNotified",
        fields: { organisationId: "org-3", move: "goingOnline -> succeeded" },
      },
    ]);
  });

  test("stops where something cannot be reached now: it is told again later", async () => {
    const heard: string[] = [];
    const notify = async ({ upgrade }: { upgrade: Upgrade }) => {
      if (upgrade.organisationId === "org-12") throw new TransientFailure("storage is busy");
      heard.push(upgrade.organisationId);
    };
    await expect(notifyAll({ notify, learn, log: memoryLog(), raiseIncident }, aCampaign(), many)).rejects.toThrow(
      "storage is busy",
    );
    // The twelve before it, and the nine that were under way beside it.
    expect(heard).toHaveLength(21);
  });
});
