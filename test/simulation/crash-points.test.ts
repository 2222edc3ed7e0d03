// The process dies once at every call that leaves it, before or after the call took effect; then messages are delivered
// again. Whatever the point, every organisation ends online and right, and no operation was applied twice.

import { describe, expect, test } from "vitest";
import { crashAt, pointsOf } from "./parts/crash-points.ts";
import { ANNOUNCED_NAMES, SCENARIO_NAMES } from "./parts/crash-run.ts";
import { calmWorld, doNow, runFor, startHotfix } from "./parts/calm-run.ts";
import { steerOne } from "./parts/errands.ts";
import { NEW, OLD, type World } from "./parts/world.ts";

const HOUR = 3_600_000;
const firstOf = (world: World): string => world.organisations[0]?.organisationId ?? "";

async function expectRight(world: World, versionOfFirst: string): Promise<void> {
  expect(world.watch.broken).toBeUndefined();
  for (const { organisationId } of world.organisations) {
    const expected = organisationId === firstOf(world) ? versionOfFirst : NEW;
    expect(await world.controlPlane.status(organisationId)).toEqual({ availability: "online", version: expected });
  }
}

test.each(ANNOUNCED_NAMES)("%s, whatever call the process dies at from its creation on", async (scenario) => {
  const enumeration = { scenario, workers: 1, organisations: 1, fromCreation: true } as const;
  const points = await pointsOf(enumeration, true);
  expect(points.length).toBeGreaterThan(50);
  for (const point of points) expect((await crashAt(enumeration, point, false)).failures).toEqual([]);
});

describe.each(SCENARIO_NAMES)("%s", (scenario) => {
  test.each([1, 2] as const)("whatever call the process dies at, with %i workers", async (workers) => {
    const enumeration = { scenario, workers, organisations: 1, fromCreation: true };
    const points = await pointsOf(enumeration);
    expect(points.length).toBeGreaterThan(50);
    for (const point of points) expect((await crashAt(enumeration, point, false)).failures).toEqual([]);
  });
});

test("whatever two calls the process dies at, one after the other", async () => {
  const enumeration = { scenario: "roll-back, steps end at once", workers: 1, organisations: 1 } as const;
  const points = await pointsOf(enumeration, true);
  for (const point of points) expect((await crashAt(enumeration, point, true)).failures).toEqual([]);
});

test("a hung upgrade is rolled back when its time is over", async () => {
  const world = await calmWorld(2);
  world.controlPlane.inject({ organisationId: firstOf(world), operation: "upgrade", effect: "hang" });
  await startHotfix(world);
  await runFor(world, 6 * HOUR);
  await expectRight(world, OLD);
  const row = world.tables.peek("Upgrades", "c-1", `u|${firstOf(world)}`);
  expect(row?.["failure"]).toMatch(/upgrading did not end within 60 minutes/);
});

test("a hung restore leaves the organisation offline with a human, and a retry brings it back", async () => {
  const world = await calmWorld(2);
  world.controlPlane.inject({ organisationId: firstOf(world), operation: "upgrade", effect: "fail" });
  world.controlPlane.inject({ organisationId: firstOf(world), operation: "restore", effect: "hang", times: 1 });
  await startHotfix(world);
  await runFor(world, 6 * HOUR);
  expect(await world.controlPlane.status(firstOf(world))).toEqual({ availability: "offline", version: OLD });
  const paged = [...world.surroundings.incidents.values()].filter(({ kind }) => kind === "upgradeNeedsHuman");
  expect(paged).toMatchObject([{ severity: 0, subject: { organisationId: firstOf(world) } }]);

  await doNow(world, steerOne("c-1", firstOf(world), "retry"));
  await runFor(world, 6 * HOUR);
  await expectRight(world, OLD);
});

test("never more than maxInFlight organisations are offline at once", async () => {
  const world = await calmWorld(7, { durationMs: 20_000 });
  let most = 0;
  const begin = world.controlPlane.begin.bind(world.controlPlane);
  world.controlPlane.begin = async (request) => {
    const status = await begin(request);
    const states = await Promise.all(world.organisations.map((one) => world.controlPlane.status(one.organisationId)));
    most = Math.max(most, states.filter((state) => state.availability === "offline").length);
    return status;
  };
  await startHotfix(world, { maxInFlight: 2 });
  await runFor(world, 6 * HOUR);
  expect(most).toBe(2);
});
