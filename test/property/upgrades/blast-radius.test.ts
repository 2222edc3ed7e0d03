// I2 and I3 of admission.ts over random schedules: several coordinators that decide on pictures of different age, upgrades
// that end, fail or get stuck in any order, pauses and retries.

import fc from "fast-check";
import { expect, test } from "vitest";
import { decideAdmission } from "../../../shared/upgrades/core/admission.ts";
import { isActive, isTerminal, type UpgradeState } from "../../../shared/upgrades/core/moves.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { aCampaign, anUpgrade } from "../../support/upgrades.ts";

const COORDINATORS = 2;

type Happening =
  | { readonly kind: "look" | "write"; readonly coordinator: number }
  | { readonly kind: "end"; readonly which: number; readonly state: UpgradeState }
  | { readonly kind: "retry" | "pause"; readonly which: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("look" as const, "write" as const),
      coordinator: fc.nat(COORDINATORS - 1),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      which: fc.nat(20),
      // 40 % failures.
      state: fc.constantFrom<UpgradeState>("succeeded", "succeeded", "succeeded", "rolledBack", "needsHuman"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("retry" as const, "pause" as const), which: fc.nat(20) }) },
);

/** 100,000 schedules (`ADMISSION_RUNS=100000`) take about half a minute. */
test("failed + under way never passes the budget, under way never maxInFlight", { timeout: 180_000 }, () => {
  fc.assert(
    fc.property(
      fc.array(happening, { maxLength: 120 }),
      fc.integer({ min: 1, max: 10 }),
      (happenings, failureBudget) => {
        const world = newWorld(failureBudget);
        for (const one of happenings) {
          step(world, one);
          const { underWay, failed } = count(world);
          expect(underWay).toBeLessThanOrEqual(world.campaign.maxInFlight);
          expect(failed + underWay).toBeLessThanOrEqual(failureBudget);
        }
      },
    ),
    { numRuns: Number(process.env["ADMISSION_RUNS"] ?? 3000) },
  );
});

interface Picture {
  readonly version: number;
  readonly rows: readonly { readonly upgrade: Upgrade }[];
}

function newWorld(failureBudget: number) {
  return {
    campaign: aCampaign({ state: "running", maxInFlight: 6, failureBudget }),
    /** Rises with every write of the campaign's row: its etag. */
    version: 0,
    upgrades: Array.from({ length: 30 }, (_, index) => anUpgrade({ organisationId: `org-${index}` })),
    pictures: new Map<number, Picture>(),
  };
}
type World = ReturnType<typeof newWorld>;

function step(world: World, one: Happening): void {
  if (one.kind === "look") {
    world.pictures.set(one.coordinator, {
      version: world.version,
      rows: world.upgrades.map((upgrade) => ({ upgrade })),
    });
  } else if (one.kind === "write") write(world, one.coordinator);
  else if (one.kind === "end") change(world, one.which, isActive, one.state);
  else if (one.kind === "retry") change(world, one.which, (state) => state === "needsHuman", "restoring");
  else {
    world.campaign = { ...world.campaign, state: world.campaign.state === "running" ? "paused" : "running" };
    world.version += 1;
  }
}

/** As the store: all rows and the campaign as they were seen, or nothing. */
function write(world: World, coordinator: number): void {
  const picture = world.pictures.get(coordinator);
  if (picture === undefined || picture.version !== world.version) return;
  const counts: Partial<Record<UpgradeState, number>> = {};
  for (const { upgrade } of picture.rows) counts[upgrade.state] = (counts[upgrade.state] ?? 0) + 1;
  const open = picture.rows.filter(({ upgrade }) => !isTerminal(upgrade.state));
  const { admit } = decideAdmission(world.campaign, { open, counts }, 49);
  const admitted = new Set(admit.map(({ upgrade }) => upgrade.organisationId));
  world.upgrades = world.upgrades.map((upgrade) =>
    admitted.has(upgrade.organisationId) ? { ...upgrade, state: "goingOffline" } : upgrade,
  );
  world.version += 1;
}

function change(world: World, which: number, from: (state: UpgradeState) => boolean, to: UpgradeState): void {
  const candidates = world.upgrades.filter((upgrade) => from(upgrade.state));
  const chosen = candidates[which % Math.max(1, candidates.length)];
  world.upgrades = world.upgrades.map((upgrade) => (upgrade === chosen ? { ...upgrade, state: to } : upgrade));
}

function count({ upgrades }: World) {
  const failed = upgrades.filter(({ state }) => state === "rolledBack" || state === "needsHuman").length;
  return { failed, underWay: upgrades.filter(({ state }) => isActive(state)).length };
}
