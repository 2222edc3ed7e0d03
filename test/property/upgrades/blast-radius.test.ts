// AD1 and AD2 of admission.ts over random schedules: several coordinators that decide on pictures of different age, upgrades
// that end, fail, get stuck or are retried in any order, an outbox that is settled late and in parts, pauses, and budgets
// of campaign, rings and stamps. What is checked is what the upgrades are, not what the tallies say.

import fc from "fast-check";
import { expect, test } from "vitest";
import { roomIn } from "../../../shared/upgrades/core/admission.ts";
import { isActive, type UpgradeState } from "../../../shared/upgrades/core/moves.ts";
import { failedIn, moved, sum, tallyOf, type Counts } from "../../../shared/upgrades/core/tally.ts";
import { isCountedAtOnce, newsKind, type OutboxEntry } from "../../../shared/upgrades/core/outbox.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { tallyUpgrades } from "../../../shared/upgrades/campaigns/tally-upgrades.ts";
import { aCampaign, anUpgrade, aRing, NOON } from "../../support/upgrades.ts";

const RINGS = ["canary", "early", "broad"] as const;
const STAMPS = ["eu-1", "us-1"] as const;
const ORGANISATIONS = 30;
const COORDINATORS = 2;
const MOST = 7;

type Happening =
  | { readonly kind: "look"; readonly coordinator: number; readonly settled: number }
  | { readonly kind: "write"; readonly coordinator: number }
  | { readonly kind: "end"; readonly which: number; readonly to: UpgradeState }
  | { readonly kind: "retry" | "pause"; readonly which: number };

/** How much of the outbox is read: it may hold more than one transaction takes. */
const SETTLED = [0, 3, 30, 30];
/** 40 % failures; the roll-back of some takes long. */
const ENDS: readonly UpgradeState[] = ["succeeded", "succeeded", "succeeded", "rolledBack", "needsHuman", "restoring"];

/** A schedule is a list of numbers: generating 100,000 lists of records would take longer than running them. */
function happeningOf(code: number): Happening {
  const which = code >> 4;
  switch (code & 15) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { kind: "look", coordinator: which % COORDINATORS, settled: SETTLED[(which >> 2) % SETTLED.length] ?? 0 };
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
      return { kind: "write", coordinator: which % COORDINATORS };
    case 14:
      return { kind: "retry", which };
    case 15:
      return { kind: "pause", which };
    default:
      return { kind: "end", which: which >> 3, to: ENDS[which % ENDS.length] ?? "succeeded" };
  }
}

const budgets = fc.record({
  maxInFlight: fc.integer({ min: 1, max: 10 }),
  failureBudget: fc.integer({ min: 1, max: 12 }),
  stampFailureBudget: fc.integer({ min: 1, max: 8 }),
  ringFailureBudgets: fc.tuple(...RINGS.map(() => fc.integer({ min: 1, max: 6 }))),
});
type Budgets = typeof budgets extends fc.Arbitrary<infer T> ? T : never;

/** 100,000 schedules (`ADMISSION_RUNS=100000`) take less than a minute. */
test("failed + under way never passes a budget, under way never maxInFlight", { timeout: 180_000 }, () => {
  let admissions = 0;
  fc.assert(
    fc.property(fc.uint16Array({ minLength: 20, maxLength: 120 }), budgets, (codes, limits) => {
      const world = newWorld(limits);
      for (const code of codes) {
        const happening = happeningOf(code);
        step(world, happening);
        if (happening.kind !== "look") check(world, limits);
      }
      admissions += world.admitted;
    }),
    { numRuns: Number(process.env["ADMISSION_RUNS"] ?? 3000) },
  );
  // A schedule that starts nobody proves nothing.
  expect(admissions).toBeGreaterThan(5000);
});

interface Picture {
  readonly version: number;
  readonly told: readonly OutboxEntry[];
  readonly waiting: readonly Upgrade[];
}

function newWorld(limits: Budgets) {
  const upgrades = Array.from({ length: ORGANISATIONS }, (_, index) =>
    anUpgrade({
      organisationId: `org-${index}`,
      ring: RINGS[index % RINGS.length] ?? "broad",
      stamp: STAMPS[index % STAMPS.length] ?? "eu-1",
    }),
  );
  const { ringFailureBudgets, ...rest } = limits;
  const rings = RINGS.map((ring, index) => aRing(ring, { failureBudget: ringFailureBudgets[index] ?? 1 }));
  const campaign = aCampaign({ ...rest, state: "running", rings, openRings: 3, tallies: tallyOf(upgrades) });
  return {
    campaign,
    /** Rises with every write of the campaign's row: its etag. */
    version: 0,
    upgrades,
    outbox: new Array<OutboxEntry>(),
    pictures: new Map<number, Picture>(),
    admitted: 0,
  };
}
type World = ReturnType<typeof newWorld>;

function step(world: World, one: Happening): void {
  switch (one.kind) {
    case "look":
      world.pictures.set(one.coordinator, {
        version: world.version,
        told: world.outbox.slice(0, one.settled),
        waiting: world.upgrades.filter(({ state }) => state === "scheduled"),
      });
      return;
    case "write":
      return write(world, one.coordinator);
    case "end":
      return change(world, one.which, isActive, one.to);
    case "retry":
      return change(world, one.which, (state) => state === "needsHuman", "restoring");
    case "pause":
      world.campaign = { ...world.campaign, state: world.campaign.state === "running" ? "paused" : "running" };
      world.version += 1;
  }
}

/** As the store: campaign, starts and settled moves as they were seen, or nothing. */
function write(world: World, coordinator: number): void {
  const picture = world.pictures.get(coordinator);
  if (picture === undefined || picture.version !== world.version) return;
  const campaign = tallyUpgrades(world.campaign, picture.told);
  let { tallies } = campaign;
  const room = roomIn(campaign);
  let left = campaign.state === "running" ? MOST : 0;
  for (const upgrade of picture.waiting) {
    if (left === 0 || room.isFull()) break;
    if (!room.take(upgrade)) continue;
    tallies = moved(tallies, upgrade, "waiting", "underWay", NOON);
    replace(world, upgrade, "goingOffline");
    world.admitted += 1;
    left -= 1;
  }
  world.campaign = { ...campaign, tallies };
  world.outbox = world.outbox.filter((one) => !picture.told.includes(one));
  world.version += 1;
}

function change(world: World, which: number, from: (state: UpgradeState) => boolean, to: UpgradeState): void {
  const candidates = world.upgrades.filter(({ state }) => from(state) && state !== to);
  const chosen = candidates[which % Math.max(1, candidates.length)];
  if (chosen !== undefined) replace(world, chosen, to);
}

function replace(world: World, before: Upgrade, to: UpgradeState): void {
  const next = { ...before, state: to, sequence: before.sequence + 1 };
  world.upgrades[Number(before.organisationId.slice(4))] = next;
  const { organisationId } = before;
  const entry = { organisationId, sequence: next.sequence, from: before.state, to, at: NOON, by: "test" };
  if (newsKind(entry) !== undefined) world.outbox.push({ entry, upgrade: next });
}

function check({ campaign, upgrades, outbox }: World, limits: Budgets): void {
  const counts = sum(campaign.tallies);
  const spent = new Map<string, number>();
  let [underWay, failed] = [0, 0];
  for (const { state, ring, stamp } of upgrades) {
    const hasFailed = state === "rolledBack" || state === "needsHuman";
    if (isActive(state)) underWay += 1;
    else if (hasFailed) failed += 1;
    else continue;
    for (const group of [ring, stamp]) spent.set(group, (spent.get(group) ?? 0) + 1);
  }
  const broken = [
    underWay > limits.maxInFlight ? "AD1" : "",
    underWay + failed > limits.failureBudget ? "AD2 of the campaign" : "",
    ...STAMPS.map((stamp) => ((spent.get(stamp) ?? 0) > limits.stampFailureBudget ? `AD2 of stamp ${stamp}` : "")),
    ...RINGS.map((ring, index) =>
      (spent.get(ring) ?? 0) > (limits.ringFailureBudgets[index] ?? 0) ? `AD2 of ring ${ring}` : "",
    ),
    ...brokenTallies(counts),
  ];
  // What is counted is what is, but for what the outbox still holds.
  const isSettled = outbox.every(({ entry }) => isCountedAtOnce(entry));
  if (isSettled && (counts.underWay !== underWay || failedIn(counts) !== failed)) broken.push("counted wrongly");
  const found = broken.filter((one) => one !== "");
  if (found.length > 0) throw new Error(`${found.join(", ")}: ${underWay} under way, ${failed} failed`);
}

function brokenTallies(counts: Counts): readonly string[] {
  const values = Object.values(counts);
  return [
    values.some((count) => count < 0) ? "a count below zero" : "",
    values.reduce((total, count) => total + count, 0) === ORGANISATIONS ? "" : "an upgrade got lost",
  ];
}
