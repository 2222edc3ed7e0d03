import { describe, expect, test } from "vitest";
import type { Check } from "../../../shared/checks/check.ts";
import type { Campaign } from "../../../shared/upgrades/core/campaign.ts";
import { gateStep, judge, type Verdict } from "../../../shared/upgrades/core/gate.ts";
import type { Counts } from "../../../shared/upgrades/core/tally.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { functionalVerdict, verdictsOn } from "../../../shared/upgrades/campaigns/verdicts.ts";
import { aCampaign, anUpgrade, aRing, aTally, HOUR, MINUTE, NOON } from "../../support/upgrades.ts";

const RINGS = [aRing("canary", { soakMs: HOUR }), aRing("early", { soakMs: 2 * HOUR }), aRing("broad")];

/** Canary is as given (on two stamps), early is open or not, broad waits. */
const campaign = (canary: Partial<Counts>, changes: Partial<Campaign> = {}): Campaign =>
  aCampaign({
    state: "running",
    rings: RINGS,
    tallies: [
      { ...aTally("canary", canary), lastEndAt: NOON },
      { ...aTally("canary", { succeeded: 1 }, "us-1"), lastEndAt: NOON + MINUTE },
      aTally("early", { waiting: 3 }),
      aTally("broad", { waiting: 9 }),
    ],
    ...changes,
  });

describe("the gate", () => {
  test.each([{ waiting: 1 }, { underWay: 1 }])("stays closed while the present ring has %j", (canary) => {
    expect(gateStep(campaign(canary), NOON + 9 * HOUR)).toEqual({ kind: "closed" });
  });

  test.each([{ succeeded: 1 }, { succeeded: 1, postponed: 5 }, { needsHuman: 1 }, { rolledBack: 3, skipped: 1 }])(
    "soaks after the latest end when the present ring has %j",
    (canary) => {
      const soaked = NOON + MINUTE + HOUR;
      expect(gateStep(campaign(canary), soaked - 1)).toEqual({ kind: "closed", pollAt: soaked });
      expect(gateStep(campaign(canary), soaked)).toEqual({ kind: "ask", rings: ["canary"] });
    },
  );

  test("asks how all the rings are that are open", () => {
    const tallies = [aTally("canary", { succeeded: 1 }), { ...aTally("early", { succeeded: 1 }), lastEndAt: NOON }];
    const two = campaign({}, { openRings: 2, tallies });
    expect(gateStep(two, NOON + 2 * HOUR - 1)).toEqual({ kind: "closed", pollAt: NOON + 2 * HOUR });
    expect(gateStep(two, NOON + 2 * HOUR)).toEqual({ kind: "ask", rings: ["canary", "early"] });
  });

  test.each([{}, { skipped: 4 }, { postponed: 2 }])("opens at once where %j says nothing", (canary) => {
    const tallies = [aTally("canary", canary), aTally("early", { waiting: 1 })];
    expect(gateStep(campaign({}, { tallies }), NOON)).toEqual({ kind: "open" });
    expect(gateStep(campaign({}, { tallies: [] }), NOON)).toEqual({ kind: "open" });
  });

  test.each([{ rolledBack: 1 }, { needsHuman: 1, skipped: 2 }])("pauses where nobody succeeded: %j", (canary) => {
    const tallies = [aTally("canary", canary), aTally("early", { waiting: 1 })];
    expect(gateStep(campaign({}, { tallies }), NOON)).toEqual({
      kind: "pause",
      reason: "no upgrade of ring canary succeeded",
    });
  });

  test("has nothing to do when every ring is open", () => {
    expect(gateStep(campaign({ succeeded: 1 }, { openRings: 3 }), NOON + 9 * HOUR)).toEqual({ kind: "closed" });
  });
});

describe("verdicts", () => {
  const pass: Verdict = { kind: "pass" };
  const fail: Verdict = { kind: "fail", reason: "logins take a minute" };
  const unclear: Verdict = { kind: "inconclusive", reason: "too few logins" };
  const judged = (verdicts: readonly Verdict[], heldSince?: number, now = NOON) =>
    judge(campaign({}, heldSince === undefined ? {} : { heldSince }), verdicts, now, HOUR);

  test("that all pass open the ring; none at all do too", () => {
    expect(judged([pass, pass])).toEqual({ kind: "open" });
    expect(judged([])).toEqual({ kind: "open" });
    expect(judged([pass], NOON - 9 * HOUR)).toEqual({ kind: "open" });
  });

  test("of which one fails pause the campaign, whatever the others say", () => {
    expect(judged([pass, unclear, fail])).toEqual({ kind: "pause", reason: "logins take a minute" });
  });

  test("that are unclear hold the ring for a limited time, counted from the first", () => {
    expect(judged([pass, unclear])).toEqual({ kind: "hold", since: NOON, reason: "too few logins" });
    const since = NOON - HOUR + 1;
    expect(judged([unclear], since)).toEqual({ kind: "hold", since, reason: "too few logins" });
    expect(judged([unclear], NOON - HOUR)).toEqual({
      kind: "pause",
      reason: "no verdict within 60 minutes: too few logins",
    });
  });
});

const upgraded = (changes: Partial<Upgrade> = {}): Upgrade =>
  anUpgrade({ state: "succeeded", ring: "canary", onlineAgainAt: NOON, ...changes });

/** Newest first, so many minutes after the organisation was online again. */
const checks = (...list: readonly (readonly [number, Check["outcome"]])[]): readonly Check[] =>
  list.map(([minutes, outcome]) => ({
    organisationId: "alpine-foods",
    slot: NOON + minutes * MINUTE,
    at: NOON + minutes * MINUTE,
    outcome,
  }));

describe("the functional checks since an upgrade", () => {
  const kindOf = (list: readonly Check[], soakMs = HOUR) => functionalVerdict(upgraded(), list, soakMs).kind;

  test.each([
    ["none, and time to soak was asked for", checks(), "inconclusive"],
    ["only ones before the upgrade", checks([-1, "failed"], [-2, "failed"]), "inconclusive"],
    ["only ones that could not be run", checks([2, "notRun"], [1, "notRun"]), "inconclusive"],
    ["a passed one", checks([1, "passed"]), "pass"],
    ["a passed one after failed ones", checks([3, "passed"], [2, "failed"], [1, "failed"]), "pass"],
    ["one that failed", checks([1, "failed"]), "inconclusive"],
    ["one that failed after a passed one", checks([2, "failed"], [1, "passed"]), "inconclusive"],
    ["one that failed since, and one before the upgrade", checks([1, "failed"], [-1, "failed"]), "inconclusive"],
    ["two in a row that failed", checks([3, "failed"], [2, "notRun"], [1, "failed"]), "fail"],
  ] as const)("%s: %s", (_, list, kind) => {
    expect(kindOf(list)).toBe(kind);
  });

  test("are not asked for when no time to soak was asked for", () => {
    expect(kindOf(checks(), 0)).toBe("pass");
    expect(kindOf(checks([2, "failed"], [1, "failed"]), 0)).toBe("fail");
  });
});

describe("the verdicts of a campaign", () => {
  const members = [
    upgraded({ organisationId: "alpine-foods", onlineAgainAt: NOON + 2 * MINUTE }),
    upgraded({ organisationId: "baker" }),
    upgraded({ organisationId: "early-one", ring: "early" }),
    anUpgrade({ organisationId: "failed", ring: "canary", state: "rolledBack" }),
  ];
  const store = {
    async *allUpgrades() {
      for (const upgrade of members) yield { upgrade, etag: "" };
    },
  };
  const asked: string[] = [];
  const deps = {
    store,
    latestChecks: async (organisationId: string) => {
      asked.push(organisationId);
      return checks([5, "passed"]);
    },
  };

  test("are those of the organisations that were upgraded in the open rings", async () => {
    expect(await verdictsOn(deps, campaign({}), ["canary"])).toEqual([{ kind: "pass" }, { kind: "pass" }]);
    expect(asked.toSorted()).toEqual(["alpine-foods", "baker"]);
    expect(await verdictsOn(deps, campaign({}), ["broad"])).toEqual([]);
  });
});
