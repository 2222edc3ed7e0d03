// The process dies once at every call that leaves it, before or after the call took effect; then messages are delivered
// again. Whatever the point, every organisation ends online and right, and no operation was applied twice.

import { describe, expect, test } from "vitest";
import { crashAt, pointsOf } from "./parts/crash-points.ts";
import { SCENARIO_NAMES } from "./parts/crash-run.ts";
import { steerUpgrade } from "../../shared/upgrades/steer-upgrade.ts";
import {
  createWorld,
  NEW,
  OLD,
  runToEnd,
  startHotfix,
  type World,
  type WorldOptions,
} from "../support/memory-world.ts";

async function simulate(options: WorldOptions, prepare: (world: World) => void): Promise<World> {
  const world = createWorld(options);
  prepare(world);
  await runToEnd(world, await startHotfix(world));
  return world;
}

const failOne = (world: World): void =>
  world.controlPlane.inject({ organisationId: firstOf(world), operation: "upgrade", effect: "fail" });
const firstOf = (world: World): string => world.members[0]?.organisationId ?? "";

async function expectRight(world: World, versionOfFirst: string): Promise<void> {
  for (const { organisationId } of world.members) {
    const expected = organisationId === firstOf(world) ? versionOfFirst : NEW;
    expect(await world.controlPlane.status(organisationId)).toEqual({ availability: "online", version: expected });
    const applied = world.controlPlane.operations(organisationId).filter((operation) => operation.applied > 0);
    expect(applied.every((operation) => operation.applied === 1)).toBe(true);
    // Not under another id either: each kind of step takes effect once per upgrade.
    const kinds = applied.map((operation) => operation.kind);
    expect(kinds).toEqual([...new Set(kinds)]);
    const history = await world.store.history("c-1", organisationId);
    expect(history.map((entry) => entry.sequence)).toEqual(history.map((_, index) => index + 1));
  }
}

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
  const points = await pointsOf(enumeration);
  for (const point of points) expect((await crashAt(enumeration, point, true)).failures).toEqual([]);
});

test("a hung upgrade is rolled back when its time is over", async () => {
  const world = await simulate({}, (it) =>
    it.controlPlane.inject({ organisationId: firstOf(it), operation: "upgrade", effect: "hang" }),
  );
  await expectRight(world, OLD);
  const upgrade = await world.store.readUpgrade("c-1", firstOf(world));
  expect(upgrade?.upgrade.failure).toMatch(/upgrading did not end within 60 minutes/);
});

test("a hung restore leaves the organisation offline with a human, and a retry brings it back", async () => {
  const world = createWorld({});
  failOne(world);
  world.controlPlane.inject({ organisationId: firstOf(world), operation: "restore", effect: "hang", times: 1 });
  const campaignId = await startHotfix(world);
  await expect(runToEnd(world, campaignId)).rejects.toThrow("did not end within six hours");
  expect(await world.controlPlane.status(firstOf(world))).toEqual({ availability: "offline", version: OLD });
  expect(world.log.entries.some((entry) => entry.event === "upgrade.needsHuman" && entry.level === "error")).toBe(true);

  await steerUpgrade(world.ports, { campaignId, organisationId: firstOf(world) }, "retry", {
    kind: "person",
    userId: "support",
  });
  await runToEnd(world, campaignId);
  await expectRight(world, OLD);
});

test("never more than maxInFlight organisations are offline at once", async () => {
  const world = createWorld({ organisations: 7, durationMs: 20_000, maxInFlight: 2 });
  let most = 0;
  const watch = async (): Promise<void> => {
    const states = await Promise.all(
      world.members.map(({ organisationId }) => world.controlPlane.status(organisationId)),
    );
    most = Math.max(most, states.filter((state) => state.availability === "offline").length);
  };
  const begin = world.controlPlane.begin.bind(world.controlPlane);
  world.controlPlane.begin = async (request) => {
    const status = await begin(request);
    await watch();
    return status;
  };
  await runToEnd(world, await startHotfix(world));
  expect(most).toBe(2);
});
