import { describe, expect, test } from "vitest";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { holderOf } from "../../../shared/upgrades/store/claims.ts";
import { CREATION_LIMIT_MS, holdsOrganisations } from "../../../shared/upgrades/core/campaign.ts";
import { sum } from "../../../shared/upgrades/core/tally.ts";
import { createCampaign, tryCampaign, type NewCampaign } from "../../../shared/upgrades/campaigns/create-campaign.ts";
import { upgradeStore } from "../../../shared/upgrades/store/store.ts";
import { DAY, HOUR, MINUTE, NOON, someCounts } from "../../support/upgrades.ts";
import {
  anOrganisation,
  aRequest,
  AUTHOR,
  createWorld,
  everything,
  makeCampaign,
  NEW,
  OLD,
  someOrganisations,
  upgradeOf,
  worldWith,
  type World,
} from "./support.ts";

const refusalOf = async (world: World, changes: Partial<NewCampaign>) => {
  const before = await everything(world.tables);
  const made = await createCampaign(world.deps, aRequest(world, changes), AUTHOR);
  expect(await everything(world.tables)).toEqual(before);
  return made.ok ? undefined : made.error;
};

describe("a campaign", () => {
  test("is a draft with a date for everybody, ring after ring", async () => {
    const world = await createWorld();
    const { campaign } = await makeCampaign(world);
    expect(campaign).toMatchObject({
      state: "draft",
      sequence: 0,
      notifiedSequence: 0,
      organisationCount: 3,
      openRings: 1,
      createdBy: "tool:operator-a",
      approvals: [],
      firstStart: (await upgradeOf(world, "org-000")).appointment?.start,
    });
    expect(campaign.tallies.map(({ ring, counts }) => [ring, counts])).toEqual([
      ["canary", someCounts({ waiting: 1 })],
      ["early", someCounts({ waiting: 1 })],
      ["broad", someCounts({ waiting: 1 })],
    ]);
    const dates = await Promise.all(
      ["org-000", "org-001", "org-002"].map(async (id) => (await upgradeOf(world, id)).appointment?.wallStart),
    );
    // Two days for the approvers, four weeks, the next Saturday; then a day of soaking each.
    expect(dates).toEqual(["2026-12-26T22:00", "2027-01-02T22:00", "2027-01-09T22:00"]);
    expect((await world.store.listCampaigns(10)).items).toHaveLength(1);
    expect(await holderOf(world.deps, "org-001", NOON)).toBe("c-1");
  });

  test("that is a hotfix has no dates, and rings that are planned for now", async () => {
    const world = await createWorld();
    const { campaign } = await makeCampaign(world, { kind: "hotfix" });
    expect(campaign).not.toHaveProperty("firstStart");
    expect(campaign.rings.map(({ plannedFrom }) => plannedFrom)).toEqual([NOON, NOON, NOON]);
    expect((await upgradeOf(world, "org-000")).appointment).toBeUndefined();
  });

  test("has rings of its own when it asks for them", async () => {
    const world = await createWorld(someOrganisations(40));
    const { campaign } = await makeCampaign(world, {
      failureBudget: 7,
      rings: [
        { ring: "first", organisations: ["org-039"], percent: 10, soakMs: HOUR, failureBudget: 1 },
        { ring: "rest", soakMs: 0 },
      ],
    });
    expect(campaign.rings).toMatchObject([
      { ring: "first", soakMs: HOUR, failureBudget: 1 },
      { ring: "rest", soakMs: 0, failureBudget: 7 },
    ]);
    const waiting = new Map(campaign.tallies.map(({ ring, counts }) => [ring, counts.waiting]));
    expect([waiting.get("first"), waiting.get("rest")]).toEqual([5, 35]);
    expect(waiting.size).toBe(2);
    expect((await upgradeOf(world, "org-039")).ring).toBe("first");
  });
});

describe("refused, with nothing written:", () => {
  test.each([
    ["no approver", { approvers: [] }, { kind: "tooFewApprovers", needed: 1 }],
    [
      "too few approvers of a hotfix",
      { kind: "hotfix", approvers: ["tool:operator-b"] },
      { kind: "tooFewApprovers", needed: 2 },
    ],
    [
      "the same approver twice",
      { kind: "hotfix", approvers: ["tool:operator-b", "tool:operator-b"] },
      { kind: "tooFewApprovers", needed: 2 },
    ],
    ["the author as approver", { approvers: ["tool:operator-b", "tool:operator-a"] }, { kind: "authorApproves" }],
    [
      "an older release",
      { version: "7.11.0.0" },
      {
        kind: "notPossible",
        refused: ["org-000", "org-001", "org-002"].map((organisationId) => ({
          organisationId,
          reason: `it has ${OLD}, which is newer than 7.11.0.0`,
        })),
      },
    ],
    [
      "a ring with somebody who is not in the campaign",
      {
        rings: [
          { ring: "canary", organisations: ["nobody"], soakMs: 0 },
          { ring: "broad", soakMs: 0 },
        ],
      },
      { kind: "rings", problem: { kind: "unknownInRing", ring: "canary", organisationId: "nobody" } },
    ],
    [
      "somebody in two rings",
      {
        rings: [
          { ring: "canary", organisations: ["org-000"], soakMs: 0 },
          { ring: "broad", organisations: ["org-000"], soakMs: 0 },
        ],
      },
      { kind: "rings", problem: { kind: "inTwoRings", organisationId: "org-000" } },
    ],
    [
      "shares of more than everybody",
      {
        rings: [
          { ring: "canary", percent: 99, soakMs: 0 },
          { ring: "broad", percent: 2, soakMs: 0 },
        ],
      },
      { kind: "rings", problem: { kind: "percentTooHigh", percent: 101 } },
    ],
    ["nobody at all", { organisations: [], isWholeFleet: true }, { kind: "noOrganisations", leftOut: [] }],
  ] satisfies readonly (readonly [string, Partial<NewCampaign>, object])[])("%s", async (_, changes, refusal) => {
    expect(await refusalOf(await createWorld(), changes)).toEqual(refusal);
  });

  test("a version that an organisation has already", async () => {
    const world = await createWorld();
    world.versions.set("org-001", NEW);
    expect(await refusalOf(world, {})).toEqual({
      kind: "notPossible",
      refused: [{ organisationId: "org-001", reason: `it has ${NEW} already` }],
    });
  });

  test("a version that is quarantined", async () => {
    const world = await createWorld();
    const quarantine = { version: NEW, campaignId: "c-0", reason: "bad", failures: {}, since: NOON, lifts: [] };
    await world.deps.quarantines.write(quarantine);
    expect(await refusalOf(world, {})).toEqual({ kind: "quarantined", reason: "bad" });
  });

  test("a window that is too short, is frozen, or does not open in time", async () => {
    const world = await createWorld();
    world.around.need = { upgradeMs: 5 * HOUR, rollBackMs: 5 * HOUR };
    const reasons = async (changes: Partial<NewCampaign> = {}) => {
      const refusal = await refusalOf(world, changes);
      return refusal?.kind === "notPossible" ? refusal.refused.map(({ reason }) => reason).join() : refusal?.kind;
    };
    expect(await reasons()).toContain("600 min needed");
    world.around.need = { upgradeMs: HOUR, rollBackMs: HOUR };
    expect(await reasons({ notAfter: NOON + 20 * DAY })).toContain("can be announced 28 days ahead any more");
    expect(await reasons({ notBefore: NOON + 60 * DAY, notAfter: NOON + 61 * DAY })).toContain(
      "no maintenance window opens",
    );
    world.around.freezes = [
      {
        freezeId: "for-ever",
        reason: "r",
        scope: { kind: "organisation", organisationId: "org-001" },
        period: { kind: "once", zone: "Europe/Berlin", from: "2026-01-01T00:00", to: "2199-01-01T00:00" },
      },
    ];
    expect(await reasons()).toContain("freezes cover all");
  });

  test.each([
    [{ notBefore: Date.parse("0001-01-01T00:00Z") }, true],
    [{ notBefore: NOON - 2000 * DAY }, true],
    [{ notBefore: Date.parse("9999-01-01T00:00Z") }, false],
    [{ notBefore: Date.parse("9998-01-01T00:00Z"), notAfter: Date.parse("9999-01-01T00:00Z") }, false],
    [{ notAfter: Date.parse("9999-01-01T00:00Z") }, true],
    [{ notAfter: Date.parse("0001-01-01T00:00Z") }, false],
  ])("dates beyond all calendars are no crash: %j, possible: %s", async (changes, isPossible) => {
    const world = await createWorld();
    const plan = await tryCampaign(world.deps, aRequest(world, changes), "tool:operator-a");
    if (isPossible) expect(plan.ok).toBe(true);
    else expect(plan).toMatchObject({ ok: false, error: { kind: "notPossible" } });
  });

  test("dates that cannot be announced in time, with the latest moment at which they could have been", async () => {
    const world = await createWorld(someOrganisations(3));
    // The plan leaves two days for the approvers; by then a backlog of mails has come up.
    const planAnnouncement = async (deadlines: readonly number[]) => ({
      kind: "tooLate" as const,
      late: deadlines.length,
      lastSentAt: NOON + DAY,
      postponeMs: DAY,
      beginBy: NOON - HOUR,
    });
    const made = await createCampaign({ ...world.deps, planAnnouncement }, aRequest(world), AUTHOR);
    expect(made).toEqual({
      ok: false,
      error: { kind: "tooLateToAnnounce", beginBy: NOON - HOUR, postponeMs: DAY, late: 3 },
    });
    expect(await everything(world.tables)).toEqual([]);
  });

  test("more groups than the campaign's row can count; as many as are allowed fit, with the longest names", async () => {
    const name = (length: number, index: number) => `${"x".repeat(length - 3)}${String(index).padStart(3, "0")}`;
    const fleet = (count: number) =>
      Array.from({ length: count }, (_, index) => anOrganisation(`org-${index}`, { stamp: name(40, index) }));
    const rings = [{ ring: name(20, 0), soakMs: 0 }];
    const limit = 140;
    expect(await refusalOf(await createWorld(fleet(limit + 1)), { rings })).toEqual({
      kind: "tooManyGroups",
      found: limit + 1,
      most: limit,
    });
    const world = await createWorld(fleet(limit));
    const { campaign } = await makeCampaign(world, { rings });
    // The largest there can be, when it has counted everything.
    const counts = someCounts({ waiting: 9999, postponed: 999, underWay: 999, needsHuman: 999, succeeded: 9999 });
    const tallies = campaign.tallies.map((tally) => ({
      ...tally,
      counts: { ...counts, rolledBack: 999, skipped: 999 },
      lastEndAt: NOON,
    }));
    const stored = await world.store.readCampaign("c-1");
    const written = await world.store.replaceCampaign({ ...campaign, tallies }, stored?.etag ?? "");
    expect(written).toMatchObject({ kind: "written" });
  });
});

describe("asking again", () => {
  test("with the same request gives the same campaign", async () => {
    const world = await createWorld();
    const first = await makeCampaign(world);
    const before = await everything(world.tables);
    world.time.now += DAY;
    const { leftOut, ...same } = first;
    expect(leftOut).toEqual([]);
    expect(await makeCampaign(world)).toEqual(same);
    expect(await everything(world.tables)).toEqual(before);
  });

  test("with another request is refused", async () => {
    const world = await worldWith(makeCampaign);
    for (const changes of [{ maxInFlight: 3 }, { organisations: someOrganisations(2) }, { notBefore: NOON }]) {
      expect(await refusalOf(world, changes)).toEqual({ kind: "differentRequest" });
    }
  });

  test("at the same moment with other requests makes the campaign of one, and refuses the others", async () => {
    const world = await createWorld();
    const requests = [
      { maxInFlight: 3 },
      { failureBudget: 2 },
      { organisations: someOrganisations(2) },
      { organisations: someOrganisations(1) },
    ].map((changes) => aRequest(world, changes));
    const answers = await Promise.all(requests.map((request) => createCampaign(world.deps, request, AUTHOR)));
    const made = answers.flatMap((answer, index) => (answer.ok ? [{ ...answer.value, asked: requests[index] }] : []));
    const refused = answers.flatMap((answer) => (answer.ok ? [] : [answer.error]));
    expect(made).toMatchObject([{ campaign: { state: "draft" } }]);
    expect(refused).toEqual(Array.from({ length: 3 }, () => ({ kind: "differentRequest" })));
    // What is stored is what was answered, and the winner's request again is the same campaign.
    expect((await world.store.readCampaign("c-1"))?.campaign).toEqual(made[0]?.campaign);
    expect((await world.store.listUpgrades("c-1", 10)).items).toHaveLength(made[0]?.asked?.organisations.length ?? 0);
    expect(await createCampaign(world.deps, made[0]?.asked ?? aRequest(world), AUTHOR)).toMatchObject({ ok: true });
  });

  test("for an organisation that another campaign holds names that campaign, and writes nothing", async () => {
    const world = await worldWith(makeCampaign);
    const refusal = await refusalOf(world, { campaignId: "c-2" });
    const reason = "it is in campaign c-1, which has not ended";
    const taken = ["org-000", "org-001", "org-002"].map((organisationId) => ({ organisationId, reason }));
    expect(refusal).toEqual({ kind: "organisationTaken", taken });
    // A dry run says the same; one of the campaign that holds them does not.
    const tried = await tryCampaign(world.deps, aRequest(world, { campaignId: "c-2" }), "tool:operator-a");
    expect(tried).toEqual({ ok: false, error: refusal });
    expect((await tryCampaign(world.deps, aRequest(world), "tool:operator-a")).ok).toBe(true);
  });

  test("for one that another campaign takes in this very moment leaves a campaign that holds nobody for long", async () => {
    const world = await createWorld();
    const insertCampaign: typeof world.store.insertCampaign = async (campaign) => {
      await makeCampaign(world);
      return world.store.insertCampaign(campaign);
    };
    const deps = { ...world.deps, store: { ...world.store, insertCampaign } };
    const taken = await createCampaign(deps, aRequest(world, { campaignId: "c-2" }), AUTHOR);
    expect(taken).toMatchObject({ ok: false, error: { kind: "organisationTaken", taken: [{}, {}, {}] } });
    const left = await world.store.readCampaign("c-2");
    if (left === undefined) throw new Error("There is no row.");
    expect(holdsOrganisations(left.campaign, NOON + CREATION_LIMIT_MS)).toBe(false);
    expect((await world.store.listCampaigns(10)).items).toHaveLength(1);
  });
});

/** The process dies at this write to the table of upgrades, before or after it took effect. */
function dyingStore(world: World, at: number) {
  let calls = 0;
  const table = world.tables.table("Upgrades");
  const dies = async <T>(call: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (calls === at) throw new TransientFailure("the process died");
    return call();
  };
  const guarded = {
    ...table,
    insert: (...args: Parameters<typeof table.insert>) => dies(() => table.insert(...args)),
    replace: (...args: Parameters<typeof table.replace>) => dies(() => table.replace(...args)),
    transact: (...args: Parameters<typeof table.transact>) => dies(() => table.transact(...args)),
  };
  return upgradeStore({
    ...world.tables,
    table: (name) => (name === "Upgrades" ? guarded : world.tables.table(name)),
  });
}

describe("a creation that died", () => {
  test("and had planned somebody who has this version by now is refused", async () => {
    const world = await createWorld();
    const dying = { ...world.deps, store: dyingStore(world, 3) };
    await expect(createCampaign(dying, aRequest(world, { isWholeFleet: true }), AUTHOR)).rejects.toThrow("died");
    world.versions.set("org-001", NEW);
    const again = await createCampaign(world.deps, aRequest(world, { isWholeFleet: true }), AUTHOR);
    expect(again).toEqual({ ok: false, error: { kind: "differentRequest" } });
  });

  test.each([1, 2, 3, 4, 5, 6])("at its write number %d goes on, and the campaign is whole", async (at) => {
    const world = await createWorld(someOrganisations(150));
    const dying = { ...world.deps, store: dyingStore(world, at) };
    await expect(createCampaign(dying, aRequest(world), AUTHOR)).rejects.toThrow("the process died");
    // Meanwhile the first ones moved house: their plan would be another one now.
    world.time.now += 8 * MINUTE;
    world.around.freezes = [
      {
        freezeId: "new",
        reason: "r",
        scope: { kind: "global" },
        period: { kind: "once", zone: "Europe/Berlin", from: "2026-12-26T00:00", to: "2026-12-28T00:00" },
      },
    ];
    const { campaign } = await makeCampaign(world);
    expect(campaign).toMatchObject({ state: "draft", organisationCount: 150 });
    expect(sum(campaign.tallies).waiting).toBe(150);
    const queued = new Map<string, number>();
    for (const { ring } of campaign.rings) {
      for (const { organisationId, start } of await world.store.waitingIn("c-1", ring, 1000)) {
        expect(queued.has(organisationId)).toBe(false);
        queued.set(organisationId, start);
      }
    }
    expect(queued.size).toBe(150);
    for await (const { upgrade } of world.store.allUpgrades("c-1")) {
      expect(queued.get(upgrade.organisationId)).toBe(upgrade.appointment?.start);
    }
  });

  test("long ago and is taken up again holds its organisations anew", async () => {
    const world = await createWorld();
    const dying = { ...world.deps, store: dyingStore(world, 2) };
    await expect(createCampaign(dying, aRequest(world), AUTHOR)).rejects.toThrow();
    expect(await holderOf(world.deps, "org-000", NOON)).toBe("c-1");
    expect(await holderOf(world.deps, "org-000", NOON + CREATION_LIMIT_MS)).toBeUndefined();
    world.time.now += DAY;
    const { campaign } = await makeCampaign(world);
    expect(campaign).toMatchObject({ state: "draft", createdAt: NOON + DAY });
  });
});
