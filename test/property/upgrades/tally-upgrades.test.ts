// Tallies over real moves: upgrades take random events, starts are counted at once, everything else when the outbox is
// settled, in its order and in parts. No count is ever below zero, nobody gets lost, and when all is settled the tallies
// say what the upgrades are.

import fc from "fast-check";
import { expect, test } from "vitest";
import { movedByUs } from "../../../shared/upgrades/core/appointment.ts";
import { decide, type UpgradeEvent } from "../../../shared/upgrades/core/decide.ts";
import { isActive } from "../../../shared/upgrades/core/moves.ts";
import { moved, PLACES, placeOf, sum, tallyOf } from "../../../shared/upgrades/core/tally.ts";
import { newsKind, type OutboxEntry } from "../../../shared/upgrades/core/outbox.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { tallyUpgrades } from "../../../shared/upgrades/campaigns/tally-upgrades.ts";
import { aCampaign, anUpgrade, BERLIN_NIGHT, HOUR, NOON, POLICY } from "../../support/upgrades.ts";

const EVENTS = [
  "appointed",
  "admitted",
  "skipRequested",
  "stepDone",
  "stepDone",
  "stepDone",
  "stepFailed",
  "retryRequested",
  "rollBackRequested",
] as const;

function eventFor({ appointment = BERLIN_NIGHT }: Upgrade, kind: (typeof EVENTS)[number]): UpgradeEvent {
  switch (kind) {
    case "appointed":
      return { kind, appointment: movedByUs(appointment, appointment, false), reason: "r" };
    case "admitted":
      return { kind, turnBackAt: NOON + HOUR, backOnlineBy: NOON + 2 * HOUR };
    case "stepDone":
      return { kind, version: "7.13.0.1", restorePointId: "rp" };
    case "retryRequested":
      return { kind };
    case "skipRequested":
    case "stepFailed":
    case "rollBackRequested":
      return { kind, reason: "r" };
  }
}

const byRow = (a: OutboxEntry, b: OutboxEntry): number =>
  a.entry.organisationId < b.entry.organisationId
    ? -1
    : a.entry.organisationId > b.entry.organisationId
      ? 1
      : a.entry.sequence - b.entry.sequence;

function newWorld(count: number) {
  const upgrades = Array.from({ length: count }, (_, index) =>
    anUpgrade({
      organisationId: `org-${index}`,
      ring: index % 2 === 0 ? "canary" : "broad",
      stamp: index % 3 === 0 ? "eu-1" : "us-1",
      ...(index % 4 === 0 ? {} : { appointment: BERLIN_NIGHT }),
    }),
  );
  return { upgrades, outbox: new Array<OutboxEntry>(), campaign: aCampaign({ tallies: tallyOf(upgrades) }) };
}
type World = ReturnType<typeof newWorld>;

function take(world: World, index: number, kind: (typeof EVENTS)[number]): void {
  const before = world.upgrades[index];
  if (before === undefined) return;
  // The coordinator starts nobody by a change of date that it has not counted yet.
  const isUnsettled = world.outbox.some(({ entry }) => entry.organisationId === before.organisationId);
  if (kind === "admitted" && isUnsettled) return;
  const decision = decide(before, eventFor(before, kind), { now: NOON, by: "test", policy: POLICY });
  if (!decision.ok) return;
  const { next, entry } = decision.value;
  world.upgrades[index] = next;
  if (newsKind(entry) !== undefined) world.outbox.push({ entry, upgrade: next });
  if (kind !== "admitted") return;
  const tallies = moved(world.campaign.tallies, before, placeOf(before), "underWay", NOON);
  world.campaign = { ...world.campaign, tallies };
}

function settleSome(world: World, most: number): void {
  const told = world.outbox.toSorted(byRow).slice(0, most);
  world.campaign = tallyUpgrades(world.campaign, told);
  world.outbox = world.outbox.filter((one) => !told.includes(one));
}

function check({ campaign, upgrades, outbox }: World): void {
  for (const { counts } of campaign.tallies) expect(Math.min(...Object.values(counts))).toBeGreaterThanOrEqual(0);
  const counts = sum(campaign.tallies);
  expect(PLACES.reduce((total, place) => total + counts[place], 0)).toBe(upgrades.length);
  // Never more under way than is counted.
  const underWay = upgrades.filter(({ state }) => isActive(state) || state === "needsHuman").length;
  expect(underWay).toBeLessThanOrEqual(counts.underWay + counts.needsHuman);
  if (outbox.length > 0) return;
  for (const place of PLACES) {
    expect(counts[place]).toBe(upgrades.filter((upgrade) => placeOf(upgrade) === place).length);
  }
}

test("tallies are never below zero, lose nobody, and say what is when everything is settled", () => {
  const happening = fc.record({
    index: fc.nat(7),
    kind: fc.constantFrom(...EVENTS),
    settled: fc.constantFrom(0, 0, 0, 1, 2, 100),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(happening, { maxLength: 120 }), (count, happenings) => {
      const world = newWorld(count);
      for (const { index, kind, settled } of happenings) {
        take(world, index % count, kind);
        if (settled > 0) settleSome(world, settled);
        check(world);
      }
      settleSome(world, 1000);
      check(world);
    }),
    { numRuns: 500 },
  );
});
