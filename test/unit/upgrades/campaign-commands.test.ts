import { describe, expect, test } from "vitest";
import { latestNotice } from "../../../shared/kernel/time/notice.ts";
import {
  commandCampaign,
  type CampaignCommand,
  type CampaignCommandOptions,
} from "../../../shared/upgrades/campaigns/campaign-commands.ts";
import { commandUpgrade, type UpgradeCommand } from "../../../shared/upgrades/upgrade/upgrade-commands.ts";
import { CREATION_LIMIT_MS, type Campaign } from "../../../shared/upgrades/core/campaign.ts";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import { aCampaign, aRing, HOUR, MINUTE, NOON } from "../../support/upgrades.ts";
import {
  announcedCampaign,
  approvedCampaign,
  APPROVER,
  AUTHOR,
  campaignOf,
  createWorld,
  everything,
  FAILS,
  makeCampaign,
  NEW,
  SECOND_APPROVER,
  take,
  ticks,
  upgradeOf,
  worldWith,
  type World,
} from "./support.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../../shared/upgrades/resources.ts";

const steer = (world: World, verb: CampaignCommand, options: CampaignCommandOptions = {}, actor = APPROVER) =>
  commandCampaign(world.deps, "c-1", verb, actor, options);

/** A campaign in this state, without upgrades. */
async function campaignIn(changes: Partial<Campaign>): Promise<World> {
  const world = await createWorld();
  await world.store.insertCampaign(aCampaign({ kind: "upgrade", ...changes }));
  return world;
}

describe("approving", () => {
  test("by a named approver makes an upgrade approved, and wakes the coordinator", async () => {
    const world = await worldWith(makeCampaign);
    expect(await steer(world, "approve", {}, AUTHOR)).toMatchObject({ error: { kind: "notAnApprover" } });
    expect(ticks(world)).toBe(0);
    const approved = await steer(world, "approve");
    expect(approved).toMatchObject({ ok: true, value: { campaign: { state: "approved", sequence: 1 } } });
    expect(await campaignOf(world)).toEqual(approved.ok && approved.value.campaign);
    expect(ticks(world)).toBe(1);
  });

  test("a hotfix takes two, and keeps what upgrades take, for its notices", async () => {
    const world = await worldWith(makeCampaign, { kind: "hotfix", maxInFlight: 2 });
    expect(await steer(world, "approve")).toMatchObject({ value: { campaign: { state: "draft" } } });
    expect(ticks(world)).toBe(0);
    expect(await steer(world, "approve")).toMatchObject({ value: { campaign: { state: "draft", approvals: [{}] } } });
    world.time.now += MINUTE;
    expect(await steer(world, "approve", {}, SECOND_APPROVER)).toMatchObject({
      value: {
        campaign: { state: "approved", firstStart: NOON + MINUTE, pace: { usualMs: HOUR, fastestMs: 0 } },
      },
    });
  });

  test("too late is refused, with the latest moment at which it was possible, and nothing changes", async () => {
    const world = await worldWith(makeCampaign);
    const { appointment } = await upgradeOf(world, "org-000");
    if (appointment === undefined) throw new Error("There is no date.");
    const before = await everything(world.tables);
    world.time.now = latestNotice(appointment) + 1;
    expect(await steer(world, "approve")).toMatchObject({
      ok: false,
      error: { kind: "tooLateToAnnounce", late: 1, beginBy: latestNotice(appointment) },
    });
    expect(await everything(world.tables)).toEqual(before);
    world.time.now = latestNotice(appointment);
    expect(await steer(world, "approve")).toMatchObject({ ok: true });
  });

  test("a version that was quarantined since is refused", async () => {
    const world = await worldWith(makeCampaign);
    await world.deps.quarantines.write({
      version: NEW,
      campaignId: "c-0",
      reason: "bad",
      failures: {},
      since: NOON,
      lifts: [],
    });
    expect(await steer(world, "approve")).toEqual({ ok: false, error: { kind: "quarantined", reason: "bad" } });
    expect((await campaignOf(world)).approvals).toEqual([]);
  });
});

describe("a dry run", () => {
  test.each([
    ["approve", "draft", "approved"],
    ["pause", "running", "paused"],
    ["resume", "paused", "running"],
    ["abort", "running", "aborted"],
  ] as const)("of %s answers what it would become, and changes nothing", async (verb, state, next) => {
    const world = await campaignIn({ state, approvers: ["tool:operator-b"] });
    const before = await everything(world.tables);
    const answer = await steer(world, verb, { dryRun: true });
    expect(answer).toMatchObject({ ok: true, value: { campaign: { state: next } } });
    expect(answer.ok && answer.value.etag).toBe((await world.store.readCampaign("c-1"))?.etag);
    expect(await everything(world.tables)).toEqual(before);
    expect(ticks(world)).toBe(0);
    // Refusals are the same.
    const refused = await steer(await campaignIn({ state: "completed", endedAt: NOON }), verb, { dryRun: true });
    expect(refused).toEqual({ ok: false, error: { kind: "wrongState", state: "completed" } });
  });
});

describe("a request whose answer was lost", () => {
  test("is answered again when it comes again, although the campaign has gone on and its ETag is another", async () => {
    const world = await createWorld();
    const { etag: ifMatch } = await makeCampaign(world);
    expect(await steer(world, "approve", { ifMatch })).toMatchObject({ ok: true });
    for (const state of ["approved", "running", "paused", "aborted"] as const) {
      const stored = await world.store.readCampaign("c-1");
      if (stored === undefined) throw new Error("There is no campaign.");
      await world.store.replaceCampaign({ ...stored.campaign, state }, stored.etag);
      const before = await everything(world.tables);
      const again = await steer(world, "approve", { ifMatch });
      expect(again).toMatchObject({ ok: true, value: { campaign: { state, approvals: [{ by: "tool:operator-b" }] } } });
      expect(await everything(world.tables)).toEqual(before);
    }
  });

  test.each([
    ["pause", "running", {}],
    ["abort", "running", {}],
    ["resume", "paused", { failureBudget: 7, stampFailureBudget: 6, ringFailureBudget: 5 }],
  ] as const)("that was to %s changes nothing", async (verb, state, options) => {
    const world = await campaignIn({ state });
    const ifMatch = (await world.store.readCampaign("c-1"))?.etag;
    const first = await steer(world, verb, { ...options, ifMatch });
    const before = await everything(world.tables);
    expect(await steer(world, verb, { ...options, ifMatch })).toEqual(first);
    expect(await everything(world.tables)).toEqual(before);
  });
});

describe("steering", () => {
  test("pause, resume and abort are moves of the table, each told and each waking the coordinator", async () => {
    const world = await campaignIn({ state: "running", sleepsUntil: NOON + HOUR });
    expect(await steer(world, "pause")).toMatchObject({ value: { campaign: { state: "paused", sequence: 1 } } });
    expect(await campaignOf(world)).not.toHaveProperty("sleepsUntil");
    expect(await steer(world, "resume")).toMatchObject({ value: { campaign: { state: "running", sequence: 2 } } });
    expect(await steer(world, "resume", { failureBudget: 99 })).toEqual({
      ok: false,
      error: { kind: "wrongState", state: "running" },
    });
    expect(await steer(world, "abort")).toMatchObject({ value: { campaign: { state: "aborted", sequence: 3 } } });
    expect(ticks(world)).toBe(1);
  });

  test("what is not there, is being made, or has changed is not touched", async () => {
    expect(await steer(await createWorld(), "pause")).toEqual({ ok: false, error: { kind: "unknownCampaign" } });
    const creating = await campaignIn({ state: "creating", createdAt: NOON - CREATION_LIMIT_MS });
    expect(await steer(creating, "abort")).toEqual({ ok: false, error: { kind: "unknownCampaign" } });
    const world = await campaignIn({ state: "running" });
    expect(await steer(world, "pause", { ifMatch: "another" })).toEqual({
      ok: false,
      error: { kind: "changedMeanwhile" },
    });
    const etag = (await world.store.readCampaign("c-1"))?.etag;
    expect(await steer(world, "pause", { ifMatch: etag })).toMatchObject({ ok: true });
  });

  test("a lost race is told", async () => {
    const world = await campaignIn({ state: "running" });
    const store = {
      ...world.store,
      replaceCampaign: async () => ({ kind: "conflict" }) as const,
    };
    const answer = await commandCampaign({ ...world.deps, store }, "c-1", "pause", APPROVER);
    expect(answer).toEqual({ ok: false, error: { kind: "changedMeanwhile" } });
    expect(ticks(world)).toBe(0);
  });
});

describe("resuming", () => {
  const paused: Partial<Campaign> = {
    state: "paused",
    pausedBecause: "the failure budget of 1 is used up",
    rings: [aRing("canary"), aRing("early"), aRing("broad")],
    heldSince: NOON,
  };

  test("takes new budgets for the campaign, every stamp and every ring", async () => {
    const world = await campaignIn(paused);
    await steer(world, "resume", { failureBudget: 7, stampFailureBudget: 8, ringFailureBudget: 9 });
    const campaign = await campaignOf(world);
    expect(campaign).toMatchObject({ state: "running", failureBudget: 7, stampFailureBudget: 8, openRings: 1 });
    expect(campaign.rings.map(({ failureBudget }) => failureBudget)).toEqual([9, 9, 9]);
    for (const gone of ["pausedBecause", "heldSince"]) expect(campaign).not.toHaveProperty(gone);
  });

  test("keeps what it is not told to change", async () => {
    const world = await campaignIn(paused);
    await steer(world, "resume");
    expect(await campaignOf(world)).toMatchObject({ failureBudget: 100, stampFailureBudget: 100, rings: paused.rings });
  });

  test("opens a ring although its gate did not; one that is open stays open; an unknown one is refused", async () => {
    const world = await campaignIn(paused);
    expect(await steer(world, "resume", { openRing: "elsewhere" })).toEqual({
      ok: false,
      error: { kind: "unknownRing", ring: "elsewhere" },
    });
    await steer(world, "resume", { openRing: "early" });
    expect((await campaignOf(world)).openRings).toBe(2);
    await steer(world, "pause");
    await steer(world, "resume", { openRing: "canary" });
    expect((await campaignOf(world)).openRings).toBe(2);
  });

  test("is refused while the version is quarantined", async () => {
    const world = await campaignIn(paused);
    await world.deps.quarantines.write({
      version: NEW,
      campaignId: "c-0",
      reason: "bad",
      failures: {},
      since: NOON,
      lifts: [],
    });
    expect(await steer(world, "resume")).toEqual({ ok: false, error: { kind: "quarantined", reason: "bad" } });
    expect(await steer(world, "abort")).toMatchObject({ ok: true });
  });
});

describe("one upgrade", () => {
  const of = { campaignId: "c-1", organisationId: "org-000" };
  const steerOne = (world: World, verb: UpgradeCommand, options = {}) =>
    commandUpgrade(world.deps, of, verb, APPROVER, options);

  test("is skipped before it starts: it leaves the queue, and support and the customer hear of it", async () => {
    const world = await worldWith(announcedCampaign);
    const before = await everything(world.tables);
    const sent = world.bus.all(CAMPAIGN_QUEUE).length;
    const answer = await steerOne(world, "skip", { dryRun: true });
    expect(answer).toMatchObject({ ok: true, value: { upgrade: { state: "skipped" } } });
    expect(await everything(world.tables)).toEqual(before);
    expect(world.bus.all(CAMPAIGN_QUEUE)).toHaveLength(sent);

    expect(await steerOne(world, "skip")).toMatchObject({ ok: true, value: { upgrade: { state: "skipped" } } });
    expect(await world.store.waitingIn("c-1", "canary", 10)).toEqual([]);
    const [entry] = await world.store.history("c-1", "org-000");
    expect(entry).toMatchObject({ to: "skipped", by: "tool:operator-b", reason: "skipped by an operator" });
    await advanceCampaign(world.deps, "c-1", false);
    expect(world.notified.map(({ entry }) => entry.to)).toEqual(["skipped"]);
    expect((await campaignOf(world)).tallies[0]?.counts).toMatchObject({ waiting: 0, skipped: 1 });
    // Again: the first answer may have been lost.
    expect(await steerOne(world, "skip", { ifMatch: "old" })).toMatchObject({
      value: { upgrade: { state: "skipped" } },
    });
    const byAnother = await commandUpgrade(world.deps, of, "skip", SECOND_APPROVER);
    expect(byAnother).toMatchObject({ error: { kind: "wrongState", state: "skipped" } });
  });

  test("under way is undone, and woken for it", async () => {
    const world = await worldWith(approvedCampaign, { kind: "hotfix" });
    await advanceCampaign(world.deps, "c-1", false);
    const sent = world.bus.all(UPGRADE_QUEUE).length;
    expect(await steerOne(world, "skip")).toMatchObject({ error: { kind: "wrongState", state: "goingOffline" } });
    expect(await steerOne(world, "force-roll-back")).toMatchObject({
      value: { upgrade: { state: "verifyingPrevious", failure: "undone by an operator" } },
    });
    expect(world.bus.all(UPGRADE_QUEUE)).toHaveLength(sent + 1);
  });

  test("in need of a human is retried", async () => {
    const world = await worldWith(approvedCampaign, { kind: "hotfix" });
    await advanceCampaign(world.deps, "c-1", false);
    expect(await steerOne(world, "retry")).toMatchObject({ error: { kind: "wrongState" } });
    const [fails] = FAILS;
    if (fails === undefined) throw new Error("There is no failure.");
    await take(world, "org-000", [fails, fails, fails]);
    expect((await upgradeOf(world, "org-000")).state).toBe("needsHuman");
    expect(await steerOne(world, "retry")).toMatchObject({ value: { upgrade: { state: "verifyingPrevious" } } });
  });

  test("of a campaign whose creation was given up is not there: nobody would tell of it", async () => {
    const world = await createWorld();
    const { campaign, etag } = await makeCampaign(world);
    await world.store.replaceCampaign({ ...campaign, state: "creating" }, etag);
    expect(await steerOne(world, "skip")).toEqual({ ok: false, error: { kind: "unknownUpgrade" } });
    expect((await upgradeOf(world, "org-000")).state).toBe("scheduled");
  });

  test("unknown, changed, or changed in this moment is not touched", async () => {
    const world = await worldWith(announcedCampaign);
    const unknown = await commandUpgrade(world.deps, { ...of, organisationId: "nobody" }, "skip", APPROVER);
    expect(unknown).toEqual({ ok: false, error: { kind: "unknownUpgrade" } });
    expect(await steerOne(world, "skip", { ifMatch: "another" })).toMatchObject({
      error: { kind: "changedMeanwhile" },
    });
    const store = { ...world.store, save: async () => ({ kind: "conflict" }) as const };
    const lost = await commandUpgrade({ ...world.deps, store }, of, "skip", APPROVER);
    expect(lost).toEqual({ ok: false, error: { kind: "changedMeanwhile" } });
    expect((await upgradeOf(world, "org-000")).state).toBe("scheduled");
  });
});
