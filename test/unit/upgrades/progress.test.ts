import { describe, expect, test } from "vitest";
import { campaignProgress } from "../../../shared/upgrades/campaigns/progress.ts";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import { NO_SAMPLES } from "../../../shared/upgrades/core/estimates.ts";
import { HOUR, someCounts } from "../../support/upgrades.ts";
import {
  announcedCampaign,
  campaignOf,
  FAILS,
  makeCampaign,
  someOrganisations,
  SUCCEEDS,
  take,
  worldWith,
  type World,
} from "./support.ts";

const progressOf = async (world: World) =>
  campaignProgress({ ...world.deps, samples: async () => NO_SAMPLES }, await campaignOf(world));

describe("progress", () => {
  test("of a draft is its plan, without an end", async () => {
    const world = await worldWith(makeCampaign);
    const { counts, rings, active, eta } = await progressOf(world);
    expect(counts).toEqual(someCounts({ waiting: 3 }));
    expect(rings.map(({ ring, counts }) => [ring, counts.waiting])).toEqual([
      ["canary", 1],
      ["early", 1],
      ["broad", 1],
    ]);
    expect(active).toEqual([]);
    expect(eta).toBeUndefined();
  });

  test("shows what has happened before the coordinator has counted it", async () => {
    const world = await worldWith(announcedCampaign, {
      organisations: someOrganisations(4),
      rings: [{ ring: "all", soakMs: 0 }],
      maxInFlight: 3,
    });
    world.time.now = (await campaignOf(world)).firstStart ?? 0;
    await advanceCampaign(world.deps, "c-1", false);
    world.time.now += HOUR;
    await take(world, "org-000", SUCCEEDS);
    await take(world, "org-001", FAILS);
    const early = await progressOf(world);
    expect(early.counts).toEqual(someCounts({ waiting: 1, underWay: 1, succeeded: 1, rolledBack: 1 }));
    expect(early.active.map(({ organisationId }) => organisationId)).toEqual(["org-002"]);
    expect(early.eta?.median).toBeGreaterThan(world.time.now);
    await advanceCampaign(world.deps, "c-1", false);
    const late = await progressOf(world);
    expect(late.counts).toEqual(someCounts({ underWay: 2, succeeded: 1, rolledBack: 1 }));
    for (const organisationId of ["org-002", "org-003"]) await take(world, organisationId, SUCCEEDS);
    await advanceCampaign(world.deps, "c-1", false);
    const ended = await progressOf(world);
    expect(ended.counts).toEqual(someCounts({ succeeded: 3, rolledBack: 1 }));
    expect(ended.eta).toBeUndefined();
  });
});
