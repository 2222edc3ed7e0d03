import { describe, expect, test } from "vitest";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import { liftQuarantine } from "../../../shared/upgrades/quarantines/lift-quarantine.ts";
import { commandCampaign } from "../../../shared/upgrades/campaigns/campaign-commands.ts";
import { createCampaign } from "../../../shared/upgrades/campaigns/create-campaign.ts";
import { commandUpgrade } from "../../../shared/upgrades/upgrade/upgrade-commands.ts";
import { startUnlessQuarantined } from "../../../shared/upgrades/quarantines/quarantine-version.ts";
import { aCampaign, MINUTE, NOON } from "../../support/upgrades.ts";
import {
  anOrganisation,
  approvedCampaign,
  aRequest,
  APPROVER,
  AUTHOR,
  campaignOf,
  createWorld,
  FAILS,
  NEW,
  take,
  valueOf,
  type World,
} from "./support.ts";

const FIRST = ["a1", "a2", "a3", "a4", "a5"];
const SECOND = ["b1", "b2", "b3", "b4", "b5"];

/** Two hotfixes to the same version; three upgrades of each have started. */
async function twoCampaigns(): Promise<World> {
  const world = await createWorld([...FIRST, ...SECOND].map((id) => anOrganisation(id)));
  for (const [campaignId, members] of [
    ["c-1", FIRST],
    ["c-2", SECOND],
  ] as const) {
    const organisations = members.map((id) => anOrganisation(id));
    const rings = [{ ring: "all", soakMs: 0 }];
    await approvedCampaign(world, { campaignId, kind: "hotfix", organisations, rings, maxInFlight: 3 });
    await look(world, campaignId);
  }
  return world;
}

async function look(world: World, campaignId: string) {
  world.time.now += MINUTE;
  await advanceCampaign(world.deps, campaignId, false);
}

const statesOf = async (world: World) =>
  Promise.all(["c-1", "c-2"].map(async (campaignId) => (await campaignOf(world, campaignId)).state));

async function fail(world: World, campaignId: string, ...organisations: readonly string[]) {
  for (const organisationId of organisations) await take(world, organisationId, FAILS, campaignId);
}

const skip = (world: World, organisationId: string) =>
  commandUpgrade(world.deps, { campaignId: "c-1", organisationId }, "skip", APPROVER);

async function liftByTwo(world: World) {
  for (const actor of [AUTHOR, APPROVER]) valueOf(await liftQuarantine(world.deps, NEW, actor));
}

const resume = (world: World, campaignId: string) => commandCampaign(world.deps, campaignId, "resume", APPROVER);

describe("a version that fails too often", () => {
  test("is quarantined, and every running campaign that brings it pauses", async () => {
    const world = await twoCampaigns();
    expect(await statesOf(world)).toEqual(["running", "running"]);
    await fail(world, "c-1", "a1");
    await look(world, "c-1");
    expect(await statesOf(world)).toEqual(["running", "running"]);
    await fail(world, "c-1", "a2");
    await look(world, "c-1");
    expect(await statesOf(world)).toEqual(["paused", "paused"]);
    const reason = "2 of 2 upgrades of ring all failed (limit 50 %)";
    expect((await campaignOf(world)).pausedBecause).toBe(`version ${NEW} is quarantined: ${reason}`);
    expect((await campaignOf(world, "c-2")).pausedBecause).toContain("because of another campaign");
    expect((await world.deps.quarantines.all()).map(({ campaignId, failures }) => [campaignId, failures])).toEqual([
      ["c-1", { "c-1": 2 }],
    ]);
    expect(world.log.entries.filter(({ event }) => event === "version.quarantined")).toHaveLength(1);
    // Nobody starts it again.
    for (const campaignId of ["c-1", "c-2"]) {
      expect(await resume(world, campaignId)).toEqual({ ok: false, error: { kind: "quarantined", reason } });
    }
  });

  test.each([
    { how: "fails at once", before: async () => {} },
    {
      how: "was paused by an operator",
      before: (world: World) => commandCampaign(world.deps, "c-1", "pause", APPROVER),
    },
    { how: "was aborted", before: (world: World) => commandCampaign(world.deps, "c-1", "abort", APPROVER) },
  ])("is quarantined although its whole campaign $how and ends with these failures", async ({ before }) => {
    const world = await twoCampaigns();
    await before(world);
    for (const id of ["a4", "a5"]) await skip(world, id);
    await fail(world, "c-1", "a1", "a2", "a3");
    await look(world, "c-1");
    await look(world, "c-1");
    const { state, endedAt, tallies } = await campaignOf(world);
    expect(endedAt).toBeDefined();
    expect(["completed", "aborted"]).toContain(state);
    expect(tallies[0]?.counts.rolledBack).toBe(3);
    expect((await campaignOf(world, "c-2")).state).toBe("paused");
    const again = await createCampaign(world.deps, aRequest(world, { campaignId: "c-3", version: NEW }), AUTHOR);
    expect(again).toMatchObject({ error: { kind: "quarantined" } });
    // Support is told of the campaign's own end as well.
    const reasons = world.toldCampaigns
      .filter((one) => one.campaignId === "c-1" && one.state === "paused")
      .flatMap(({ pausedBecause }) => pausedBecause ?? []);
    const reason = `version ${NEW} is quarantined: 3 of 3 upgrades of ring all failed (limit 50 %)`;
    expect(reasons).toEqual(state === "completed" ? [reason] : []);
  });

  test("whose campaign is looked at again is not quarantined a second time", async () => {
    const world = await twoCampaigns();
    await fail(world, "c-1", "a1", "a2");
    await look(world, "c-1");
    const before = await world.deps.quarantines.read(NEW);
    await look(world, "c-1");
    await look(world, "c-2");
    expect(await world.deps.quarantines.read(NEW)).toEqual(before);
  });

  test("pauses a campaign once for one quarantine, however many more upgrades fail; a lift and more failures are another", async () => {
    const world = await twoCampaigns();
    await fail(world, "c-1", "a1", "a2");
    await look(world, "c-1");
    const told = () =>
      world.toldCampaigns.flatMap(({ campaignId, state, pausedBecause }) =>
        state === "paused" && pausedBecause !== undefined ? [`${campaignId}: ${pausedBecause}`] : [],
      );
    await fail(world, "c-1", "a3");
    await fail(world, "c-2", "b1", "b2");
    for (const campaignId of ["c-1", "c-2"]) for (let more = 0; more < 2; more++) await look(world, campaignId);
    const first = `c-1: version ${NEW} is quarantined: 2 of 2 upgrades of ring all failed (limit 50 %)`;
    expect(told().toSorted()).toEqual([first, `c-2: version ${NEW} is quarantined because of another campaign`]);
    await liftByTwo(world);
    await fail(world, "c-2", "b3");
    await look(world, "c-2");
    await look(world, "c-2");
    expect(told()).toHaveLength(3);
    expect(told().at(-1)).toContain("3 of 3");
  });

  test("stays stopped where the process died between the quarantine and the other campaigns", async () => {
    const world = await twoCampaigns();
    await fail(world, "c-1", "a1", "a2");
    const dying = { ...world.store, listCampaigns: () => Promise.reject(new Error("the process died")) };
    await expect(advanceCampaign({ ...world.deps, store: dying }, "c-1", false)).rejects.toThrow("the process died");
    expect(await statesOf(world)).toEqual(["running", "running"]);
    await look(world, "c-1");
    expect(await statesOf(world)).toEqual(["paused", "paused"]);
  });

  test("stops a campaign that has not started at its start", async () => {
    const world = await createWorld();
    await world.deps.quarantines.write({
      version: NEW,
      campaignId: "c-0",
      reason: "bad",
      failures: {},
      since: NOON,
      lifts: [],
    });
    const stopped = await startUnlessQuarantined(world.deps, aCampaign({ state: "announcing" }));
    expect(stopped).toMatchObject({ state: "paused", startedAt: NOON, sequence: 2 });
    expect(stopped.pausedBecause).toBe(`version ${NEW} is quarantined: bad`);
    const other = await startUnlessQuarantined(world.deps, aCampaign({ state: "announcing", version: "7.14.0.0" }));
    expect(other).toMatchObject({ state: "running", startedAt: NOON, sequence: 1 });
    const over = aCampaign({ state: "completed" });
    expect(await startUnlessQuarantined(world.deps, over)).toBe(over);
  });

  test("rewrites the row of every other campaign, so that a start decided before loses", async () => {
    const world = await twoCampaigns();
    valueOf(await commandCampaign(world.deps, "c-2", "pause", APPROVER));
    const before = await world.store.readCampaign("c-2");
    await fail(world, "c-1", "a1", "a2");
    await look(world, "c-1");
    const after = await world.store.readCampaign("c-2");
    expect(after?.campaign).toEqual(before?.campaign);
    expect(after?.etag).not.toBe(before?.etag);
  });
});

describe("lifting it", () => {
  test("takes two different people; who only looks changes nothing", async () => {
    const world = await twoCampaigns();
    expect(await liftQuarantine(world.deps, NEW, AUTHOR)).toEqual({ ok: false, error: { kind: "notInQuarantine" } });
    await fail(world, "c-1", "a1", "a2");
    await look(world, "c-1");
    const before = await world.deps.quarantines.read(NEW);
    expect(await liftQuarantine(world.deps, NEW, AUTHOR, true)).toMatchObject({ ok: true, value: { lifts: [{}] } });
    expect(await world.deps.quarantines.read(NEW)).toEqual(before);
    valueOf(await liftQuarantine(world.deps, NEW, AUTHOR));
    expect(await liftQuarantine(world.deps, NEW, AUTHOR)).toMatchObject({ value: { lifts: [{}] } });
    expect(await resume(world, "c-1")).toMatchObject({ error: { kind: "quarantined" } });
    valueOf(await liftQuarantine(world.deps, NEW, APPROVER));
    expect(await resume(world, "c-1")).toMatchObject({ ok: true });
  });

  test("lets both campaigns go on: only further failures quarantine the version again", async () => {
    const world = await twoCampaigns();
    await fail(world, "c-1", "a1", "a2");
    await fail(world, "c-2", "b1", "b2");
    await look(world, "c-1");
    await look(world, "c-2");
    // Each campaign's failures are looked at once, by two people.
    for (let time = 1; time <= 2; time++) {
      await liftByTwo(world);
      for (const campaignId of ["c-1", "c-2"]) {
        await resume(world, campaignId);
        await look(world, campaignId);
      }
    }
    for (const campaignId of ["c-1", "c-2", "c-1", "c-2"]) await look(world, campaignId);
    expect(await statesOf(world)).toEqual(["running", "running"]);
    await fail(world, "c-2", "b3");
    await look(world, "c-2");
    expect(await statesOf(world)).toEqual(["paused", "paused"]);
    expect((await world.deps.quarantines.read(NEW))?.quarantine.failures).toEqual({ "c-1": 2, "c-2": 3 });
  });

  test("that loses a race is told", async () => {
    const world = await twoCampaigns();
    await fail(world, "c-1", "a1", "a2");
    await look(world, "c-1");
    const quarantines = { ...world.deps.quarantines, write: async () => ({ kind: "conflict" }) as const };
    const lost = await liftQuarantine({ ...world.deps, quarantines }, NEW, AUTHOR);
    expect(lost).toEqual({ ok: false, error: { kind: "changedMeanwhile" } });
  });
});
