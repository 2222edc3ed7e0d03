import { expect, test } from "vitest";
import { calmWorld, doNow, runFor, startHotfix } from "./parts/calm-run.ts";
import { steer } from "./parts/errands.ts";
import { OLD } from "./parts/world.ts";

const HOUR = 3_600_000;

test("a bad release hits as many organisations as the budget allows, then the campaign pauses and says why", async () => {
  const world = await calmWorld(12, { durationMs: 20_000 });
  world.controlPlane.inject({ operation: "upgrade", effect: "fail" });
  await startHotfix(world, { maxInFlight: 4, failureBudget: 5 });
  await runFor(world, 6 * HOUR);
  const touched = world.organisations.filter(
    ({ organisationId }) => world.controlPlane.operations(organisationId).length > 0,
  );
  expect(touched).toHaveLength(5);
  for (const { organisationId } of world.organisations) {
    expect(await world.controlPlane.status(organisationId)).toEqual({ availability: "online", version: OLD });
  }
  const pausedBecause = "the failure budget of 5 is used up";
  expect(world.watch.campaigns.get("c-1")).toMatchObject({ state: "paused", pausedBecause });
  const paged = [...world.surroundings.incidents.values()].filter(({ kind }) => kind === "campaignPaused");
  expect(paged).toHaveLength(1);
  expect(paged[0]?.detail).toContain(pausedBecause);

  world.controlPlane.clearFaults();
  await doNow(
    world,
    steer("c-1", "resume", "operator-a", { failureBudget: 12, stampFailureBudget: 12, ringFailureBudget: 12 }),
  );
  await runFor(world, 6 * HOUR);
  expect(world.watch.campaigns.get("c-1")?.state).toBe("completed");
  expect(world.watch.broken).toBeUndefined();
});
