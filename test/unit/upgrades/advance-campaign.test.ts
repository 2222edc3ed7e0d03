import { describe, expect, test } from "vitest";
import type { Organisation } from "../../../shared/organisations/organisation.ts";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import { movedByTimeZone } from "../../../shared/upgrades/core/appointment.ts";
import { decide } from "../../../shared/upgrades/core/decide.ts";
import { choiceFor, rescheduleByCustomer } from "../../../shared/upgrades/dates/reschedule.ts";
import { commandCampaign } from "../../../shared/upgrades/campaigns/campaign-commands.ts";
import { commandUpgrade } from "../../../shared/upgrades/upgrade/upgrade-commands.ts";
import { changeBy } from "../../../shared/upgrades/store/store-writes.ts";
import { DAY, HOUR, MINUTE, NOON, POLICY, someCounts } from "../../support/upgrades.ts";
import {
  announcedCampaign,
  anOrganisation,
  approvedCampaign,
  APPROVER,
  campaignOf,
  createWorld,
  FAILS,
  someOrganisations,
  SUCCEEDS,
  take,
  upgradeOf,
  valueOf,
  type World,
} from "./support.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../../shared/upgrades/resources.ts";

const look = (world: World, redelivered = false) => advanceCampaign(world.deps, "c-1", redelivered);
const started = ({ bus }: World): readonly string[] => bus.all(UPGRADE_QUEUE).map(({ sessionId = "" }) => sessionId);

/** One ring; the announced window of everybody has just opened. */
async function inTheWindow(members: number | readonly Organisation[], changes = {}): Promise<World> {
  const world = await createWorld(typeof members === "number" ? someOrganisations(members) : members);
  await announcedCampaign(world, { rings: [{ ring: "all", soakMs: 0 }], ...changes });
  world.time.now = (await campaignOf(world)).firstStart ?? 0;
  return world;
}

const countsOf = async (world: World, position = 0) => (await campaignOf(world)).tallies[position]?.counts;

describe("the coordinator", () => {
  test("sleeps until the first window, then starts as many as there is room for, and wakes each", async () => {
    const world = await createWorld(someOrganisations(5));
    await announcedCampaign(world, { rings: [{ ring: "all", soakMs: 0 }], maxInFlight: 2 });
    const { firstStart = 0, sleepsUntil } = await campaignOf(world);
    // It looks around every hour, whatever it expects.
    expect(sleepsUntil).toBe(NOON + HOUR);
    expect(await look(world)).toMatchObject({ kind: "ticking", changed: 0 });
    expect(started(world)).toEqual([]);
    world.time.now = firstStart;
    expect(await look(world)).toMatchObject({ kind: "ticking", changed: 2 });
    expect(started(world)).toEqual(["org-000", "org-001"]);
    expect(await countsOf(world)).toEqual(someCounts({ waiting: 3, underWay: 2 }));
    expect((await campaignOf(world)).state).toBe("running");
    // Nothing new until one has ended.
    world.time.now += 5000;
    expect(await look(world)).toMatchObject({ changed: 0 });
    await take(world, "org-000", SUCCEEDS);
    expect(await look(world)).toMatchObject({ changed: 1 });
    expect(started(world)).toEqual(["org-000", "org-001", "org-002"]);
  });

  test("wakes for a customer who has chosen a date before everybody else's", async () => {
    const nightly: Organisation["maintenanceWindow"] = {
      kind: "weekly",
      weekdays: ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
      start: "22:00",
      durationMinutes: 360,
    };
    const world = await createWorld([anOrganisation("org-000", { maintenanceWindow: nightly })]);
    await announcedCampaign(world, { rings: [{ ring: "all", soakMs: 0 }] });
    const of = { campaignId: "c-1", organisationId: "org-000" };
    const [earlier] = valueOf(await choiceFor(world.deps, of)).options;
    const { firstStart = 0 } = await campaignOf(world);
    expect(earlier?.start).toBeLessThan(firstStart);
    valueOf(await rescheduleByCustomer(world.deps, { ...of, revision: 0 }, earlier?.wallStart ?? ""));
    world.time.now = earlier?.start ?? 0;
    await look(world);
    expect(started(world)).toEqual(["org-000"]);
  });

  test("completes a campaign in which everybody was skipped before its first window", async () => {
    const world = await createWorld([anOrganisation("org-000")]);
    await announcedCampaign(world, { rings: [{ ring: "all", soakMs: 0 }] });
    valueOf(await commandUpgrade(world.deps, { campaignId: "c-1", organisationId: "org-000" }, "skip", APPROVER));
    await look(world);
    expect((await campaignOf(world)).state).toBe("completed");
  });

  test("completes the campaign when all have ended, tells so, and then rests for good", async () => {
    const world = await inTheWindow(2);
    await look(world);
    await take(world, "org-000", SUCCEEDS);
    await take(world, "org-001", FAILS);
    expect(await look(world)).toEqual({ kind: "closed" });
    const campaign = await campaignOf(world);
    expect(campaign).toMatchObject({ state: "completed", endedAt: world.time.now });
    expect(campaign.notifiedSequence).toBe(campaign.sequence);
    expect(world.toldCampaigns.map(({ state }) => state)).toEqual(["approved", "announcing", "running", "completed"]);
    expect(world.learned).toHaveLength(2);
    expect(await world.store.activeUpgrades("c-1")).toEqual([]);
    expect(await look(world)).toEqual({ kind: "closed" });
  });

  test("pauses when a budget is used up, and says which", async () => {
    const world = await inTheWindow(5, { failureBudget: 1 });
    await look(world);
    expect(started(world)).toEqual(["org-000"]);
    await take(world, "org-000", FAILS);
    await look(world);
    expect(await campaignOf(world)).toMatchObject({
      state: "paused",
      pausedBecause: "the failure budget of 1 is used up",
    });
    valueOf(await commandCampaign(world.deps, "c-1", "resume", APPROVER, { failureBudget: 3, ringFailureBudget: 2 }));
    await look(world);
    expect(started(world)).toHaveLength(2);
  });

  test("starts nobody who was not told, and nobody whose window is nearly over: they get another date", async () => {
    const world = await inTheWindow(2, { maxInFlight: 1 });
    world.around.accepted.set("org-000", []);
    await look(world);
    expect(started(world)).toEqual(["org-001"]);
    const { appointment } = await upgradeOf(world, "org-000");
    expect(appointment).toMatchObject({ revision: 1, noticeFrom: 1, missed: 1 });
    expect(appointment?.start).toBeGreaterThan(world.time.now + 28 * DAY);
    expect(world.notified.map(({ entry }) => entry.reason)).toContain(
      "nobody at the customer was told four weeks before",
    );
    expect(await countsOf(world)).toEqual(someCounts({ postponed: 1, underWay: 1 }));
  });

  test("gives another date to whoever found no room in its window, also while it is paused", async () => {
    const world = await inTheWindow(2, { maxInFlight: 1 });
    await look(world);
    valueOf(await commandCampaign(world.deps, "c-1", "pause", APPROVER));
    world.time.now += 4 * HOUR;
    expect(await look(world)).toMatchObject({ changed: 0 });
    world.time.now += 1;
    expect(await look(world)).toMatchObject({ changed: 1 });
    expect((await upgradeOf(world, "org-001")).appointment).toMatchObject({ revision: 1, missed: 1 });
  });

  test("leaves out whoever had three dates that were not kept", async () => {
    const world = await inTheWindow(1);
    world.around.accepted.set("org-000", []);
    for (let date = 1; date <= 3; date++) {
      world.time.now = (await upgradeOf(world, "org-000")).appointment?.start ?? 0;
      await look(world);
    }
    const { state, failure } = await upgradeOf(world, "org-000");
    expect(state).toBe("skipped");
    expect(failure).toContain("that was the date number 3 that was not kept");
    expect((await campaignOf(world)).state).toBe("completed");
  });

  test("opens the next ring when the one before has soaked and is well", async () => {
    const world = await createWorld(someOrganisations(3));
    await approvedCampaign(world, {
      kind: "hotfix",
      rings: [
        { ring: "canary", organisations: ["org-000"], soakMs: HOUR },
        { ring: "broad", soakMs: 0 },
      ],
    });
    await look(world);
    expect(started(world)).toEqual(["org-000"]);
    await take(world, "org-000", SUCCEEDS);
    await look(world);
    expect((await campaignOf(world)).openRings).toBe(1);
    world.around.verdicts = [{ kind: "inconclusive", reason: "it was not checked" }];
    world.time.now += HOUR;
    await look(world);
    expect(await campaignOf(world)).toMatchObject({ openRings: 1, heldSince: world.time.now });
    world.around.verdicts = [{ kind: "pass" }];
    world.time.now += MINUTE;
    await look(world);
    expect(await campaignOf(world)).toMatchObject({ openRings: 2 });
    expect(await campaignOf(world)).not.toHaveProperty("heldSince");
    expect(started(world)).toHaveLength(3);
  });

  test("starts nobody of a ring that is not open, though its window is: that one gets another date", async () => {
    const world = await createWorld(someOrganisations(2));
    await announcedCampaign(world);
    world.time.now = (await campaignOf(world)).firstStart ?? 0;
    await look(world);
    expect(started(world)).toEqual(["org-000"]);
    // The canary takes longer than its ring was planned for.
    const { appointment } = await upgradeOf(world, "org-001");
    world.time.now = appointment?.start ?? 0;
    expect(await look(world)).toMatchObject({ changed: 0 });
    world.time.now = appointment?.end ?? 0;
    expect(await look(world)).toMatchObject({ changed: 1 });
    expect((await upgradeOf(world, "org-001")).appointment).toMatchObject({ revision: 1, missed: 1 });
    expect(started(world)).toEqual(["org-000"]);
  });

  test.each([
    [[{ kind: "fail", reason: "logins fail" }], "logins fail", 0],
    [[{ kind: "inconclusive", reason: "no checks" }], "no verdict within 60 minutes: no checks", HOUR],
  ] as const)("pauses at a gate that says %j", async (verdicts, reason, later) => {
    const world = await createWorld(someOrganisations(3));
    const rings = [
      { ring: "canary", organisations: ["org-000"], soakMs: 0 },
      { ring: "broad", soakMs: 0 },
    ];
    await approvedCampaign(world, { kind: "hotfix", rings });
    await look(world);
    await take(world, "org-000", SUCCEEDS);
    world.around.verdicts = [...verdicts];
    await look(world);
    world.time.now += later;
    await look(world);
    expect(await campaignOf(world)).toMatchObject({ state: "paused", pausedBecause: reason });
  });

  test("skips whoever waits when the campaign is aborted, and ends when those under way have", async () => {
    const world = await inTheWindow(50, { maxInFlight: 1 });
    await look(world);
    valueOf(await commandCampaign(world.deps, "c-1", "abort", APPROVER));
    expect(await look(world)).toMatchObject({ kind: "ticking", changed: 49 });
    expect(await countsOf(world)).toEqual(someCounts({ skipped: 49, underWay: 1 }));
    expect(world.notified.filter(({ entry }) => entry.to === "skipped")).toHaveLength(49);
    await take(world, "org-000", SUCCEEDS);
    expect(await look(world)).toEqual({ kind: "closed" });
    expect(await campaignOf(world)).toMatchObject({ state: "aborted", endedAt: world.time.now });
  });

  test("of a large hotfix starts many in one look, each once", async () => {
    const world = await createWorld(someOrganisations(120));
    const rings = [{ ring: "all", soakMs: 0 }];
    const budgets = { maxInFlight: 100, failureBudget: 200, stampFailureBudget: 200 };
    await approvedCampaign(world, { kind: "hotfix", rings, ...budgets });
    await look(world);
    expect(new Set(started(world)).size).toBe(100);
    expect(await countsOf(world)).toEqual(someCounts({ waiting: 20, underWay: 100 }));
  });
});

describe("two coordinators", () => {
  test("at once start nobody twice, and never more than there is room for", async () => {
    const world = await inTheWindow(20, { maxInFlight: 4 });
    await Promise.all([look(world), look(world), look(world)]);
    expect(started(world)).toHaveLength(4);
    expect(await countsOf(world)).toEqual(someCounts({ waiting: 16, underWay: 4 }));
  });

  test("the one whose write is lost changes nothing, and looks again at the next tick", async () => {
    const world = await inTheWindow(3);
    const commit = async () => ({ kind: "conflict", index: 0 }) as const;
    const store = { ...world.store, commit };
    const ticking = await advanceCampaign({ ...world.deps, store }, "c-1", false);
    expect(ticking).toMatchObject({ kind: "ticking", until: world.time.now + 5000, changed: 0 });
    expect(started(world)).toEqual([]);
  });
});

describe("what is told", () => {
  test("is told again when the process died before it was removed, and counted once", async () => {
    const world = await inTheWindow(2);
    await look(world);
    await take(world, "org-000", SUCCEEDS);
    const dying = { ...world.store, commit: () => Promise.reject(new TransientFailure("the process died")) };
    await expect(advanceCampaign({ ...world.deps, store: dying }, "c-1", false)).rejects.toThrow("the process died");
    await look(world);
    const told = world.notified.map(({ entry }) => `${entry.organisationId} ${entry.to}`);
    expect(told.filter((one) => one === "org-000 succeeded")).toHaveLength(2);
    expect(await countsOf(world)).toEqual(someCounts({ underWay: 1, succeeded: 1 }));
    expect(await world.store.outbox("c-1")).toEqual([]);
  });

  test("is counted before anything else starts, however much it is", async () => {
    const members = someOrganisations(70).map((one, index) => (index < 68 ? one : { ...one, stamp: "us-1" }));
    const world = await inTheWindow(members, { maxInFlight: 1 });
    // The clock rules of everybody have changed, found by the daily recheck a moment before.
    await moveEverybody(world);
    // Whoever comes last in the outbox comes first in the queue.
    for (const { row, etag, organisationId } of await world.store.waitingIn("c-1", "all", 68)) {
      if (organisationId >= "org-068") break;
      await world.tables.table("Upgrades").remove({ partition: "c-1", row }, etag);
    }
    await look(world);
    expect(started(world)).toEqual(["org-068"]);
    expect(await countsOf(world, 0)).toEqual(someCounts({ postponed: 68 }));
    expect(await countsOf(world, 1)).toEqual(someCounts({ postponed: 1, underWay: 1 }));
  });

  test("that happened after the outbox was read is counted in the next round, before anybody starts by it", async () => {
    const world = await inTheWindow(2);
    let isMoved = false;
    const waitingIn: typeof world.store.waitingIn = async (...args) => {
      if (!isMoved) await moveEverybody(world);
      isMoved = true;
      return world.store.waitingIn(...args);
    };
    const deps = { ...world.deps, store: { ...world.store, waitingIn } };
    await advanceCampaign(deps, "c-1", false);
    await look(world);
    expect(started(world)).toEqual(["org-000", "org-001"]);
    expect(await countsOf(world)).toEqual(someCounts({ underWay: 2 }));
  });
});

/** Clock rules have changed: everybody has a new date, which happens to be the same instant. */
async function moveEverybody(world: World) {
  for await (const stored of world.store.allUpgrades("c-1")) {
    const { appointment } = stored.upgrade;
    if (appointment === undefined) throw new Error("There is no date.");
    const moved = movedByTimeZone(appointment, appointment.start, appointment.end);
    const event = { kind: "appointed", appointment: moved, reason: "clock rules" } as const;
    const decision = valueOf(decide(stored.upgrade, event, { now: world.time.now, by: "test", policy: POLICY }));
    await world.store.save(changeBy(stored, decision, await world.store.placeInQueue(stored.upgrade)));
  }
}

describe("a wake-up that was lost", () => {
  test("is sent again when the tick is delivered again", async () => {
    const world = await inTheWindow(2);
    const bus = { ...world.bus, send: () => Promise.reject(new TransientFailure("the process died")) };
    await expect(advanceCampaign({ ...world.deps, bus }, "c-1", false)).rejects.toThrow("the process died");
    expect(started(world)).toEqual([]);
    await look(world, true);
    expect(started(world)).toEqual(["org-000", "org-001"]);
    await look(world, true);
    expect(started(world)).toHaveLength(2);
  });

  test("of an unknown campaign can never succeed; a draft needs none", async () => {
    const world = await createWorld([anOrganisation("baker")]);
    await expect(look(world)).rejects.toThrow(PermanentFailure);
    await announcedCampaign(world);
    expect(world.bus.all(CAMPAIGN_QUEUE).length).toBeGreaterThan(0);
  });
});
