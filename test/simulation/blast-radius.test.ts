import { expect, test } from "vitest";
import { steerCampaign } from "../../shared/upgrades/steer-campaign.ts";
import { createWorld, OLD, runToEnd, startHotfix } from "../support/memory-world.ts";

const PERSON = { kind: "person", userId: "support" } as const;

test("a bad release hits as many organisations as the budget allows, then the campaign pauses and says why", async () => {
  const world = createWorld({ organisations: 12, durationMs: 20_000, maxInFlight: 4, failureBudget: 5 });
  world.controlPlane.inject({ operation: "upgrade", effect: "fail" });
  const campaignId = await startHotfix(world);
  await expect(runToEnd(world, campaignId)).rejects.toThrow("did not end within six hours");
  const touched = world.members.filter(
    ({ organisationId }) => world.controlPlane.operations(organisationId).length > 0,
  );
  expect(touched).toHaveLength(5);
  for (const { organisationId } of world.members) {
    expect(await world.controlPlane.status(organisationId)).toEqual({ availability: "online", version: OLD });
  }
  const paused = await world.store.readCampaign(campaignId);
  expect(paused?.campaign).toMatchObject({ state: "paused", pausedBecause: "the failure budget of 5 is used up" });
  expect(world.log.entries.filter((entry) => entry.event === "campaign.budgetExhausted")).toHaveLength(1);

  world.controlPlane.clearFaults();
  await steerCampaign(world.ports, campaignId, "resume", PERSON, { failureBudget: 9 });
  await runToEnd(world, campaignId);
  expect((await world.store.readCampaign(campaignId))?.campaign.state).toBe("completed");
});
