import { describe, expect, test } from "vitest";
import { exhaustedBudget, roomIn } from "../../../shared/upgrades/core/admission.ts";
import type { Campaign } from "../../../shared/upgrades/core/campaign.ts";
import { aCampaign, aRing, aTally } from "../../support/upgrades.ts";

const WAITING = { waiting: 50 };

const campaign = (changes: Partial<Campaign> = {}): Campaign =>
  aCampaign({
    state: "running",
    maxInFlight: 100,
    rings: [aRing("canary"), aRing("broad")],
    tallies: [aTally("canary", WAITING), aTally("broad", WAITING), aTally("broad", WAITING, "us-1")],
    ...changes,
  });

/** How many may start one after the other. */
function takes(of: Campaign, ring = "broad", stamp = "eu-1"): number {
  const room = roomIn(of);
  let taken = 0;
  while (taken < 1000 && room.take({ ring, stamp })) taken += 1;
  return taken;
}

describe("room", () => {
  test("is what is not under way and not with a human, up to maxInFlight", () => {
    expect(takes(campaign({ maxInFlight: 3 }))).toBe(3);
    const busy = [aTally("canary", { underWay: 1 }), aTally("broad", { waiting: 9, needsHuman: 1 })];
    expect(takes(campaign({ maxInFlight: 3, tallies: busy }))).toBe(1);
    expect(takes(campaign({ maxInFlight: 2, tallies: busy }))).toBe(0);
    expect(roomIn(campaign({ maxInFlight: 2, tallies: busy })).isFull()).toBe(true);
    expect(roomIn(campaign({ maxInFlight: 3, tallies: busy })).isFull()).toBe(false);
  });

  test("is what has neither failed nor is under way, up to the budget of the campaign", () => {
    const failed = [aTally("canary", { rolledBack: 1, needsHuman: 1 }), aTally("broad", { waiting: 9, underWay: 1 })];
    expect(takes(campaign({ failureBudget: 5, tallies: failed }))).toBe(2);
    expect(takes(campaign({ failureBudget: 3, tallies: failed }))).toBe(0);
  });

  test("is bounded for each ring by that ring alone", () => {
    const rings = [aRing("canary", { failureBudget: 2 }), aRing("broad", { failureBudget: 4 })];
    const tallies = [aTally("canary", { rolledBack: 1 }), aTally("broad", { underWay: 1 }, "us-1")];
    expect(takes(campaign({ rings, tallies }), "canary")).toBe(1);
    expect(takes(campaign({ rings, tallies }), "broad")).toBe(3);
    expect(takes(campaign({ rings, tallies }), "elsewhere")).toBe(0);
  });

  test("is bounded for each stamp over all rings", () => {
    const tallies = [
      aTally("canary", { rolledBack: 1 }),
      aTally("broad", { underWay: 1 }),
      aTally("broad", {}, "us-1"),
    ];
    const of = campaign({ stampFailureBudget: 3, tallies });
    expect(takes(of, "canary")).toBe(1);
    expect(takes(of, "broad", "us-1")).toBe(3);
    expect(takes(of, "broad", "new")).toBe(3);
  });

  test("that is not given for one stamp is left for the next", () => {
    const room = roomIn(campaign({ maxInFlight: 2, stampFailureBudget: 1 }));
    expect(room.take({ ring: "broad", stamp: "eu-1" })).toBe(true);
    expect(room.take({ ring: "broad", stamp: "eu-1" })).toBe(false);
    expect(room.isFull()).toBe(false);
    expect(room.take({ ring: "broad", stamp: "us-1" })).toBe(true);
    expect(room.isFull()).toBe(true);
  });
});

describe("a budget", () => {
  test("that is used up while upgrades wait for it is named", () => {
    const failed = (waiting: object) => [
      aTally("canary", { rolledBack: 1, ...waiting }),
      aTally("broad", { needsHuman: 1 }, "us-1"),
    ];
    const used = (changes: Partial<Campaign>, waiting: object = { waiting: 1 }) =>
      exhaustedBudget(campaign({ tallies: failed(waiting), ...changes }));
    expect(used({ failureBudget: 2 })).toBe("the failure budget of 2 is used up");
    expect(used({ failureBudget: 2 }, { postponed: 1 })).toBe("the failure budget of 2 is used up");
    expect(used({ failureBudget: 2 }, {})).toBeUndefined();
    expect(used({ failureBudget: 3 })).toBeUndefined();
    expect(used({ rings: [aRing("canary", { failureBudget: 1 }), aRing("broad", { failureBudget: 1 })] })).toBe(
      "the failure budget of 1 of ring canary is used up",
    );
    expect(used({ stampFailureBudget: 1 })).toBe("the failure budget of 1 of stamp eu-1 is used up");
  });

  test("that is only reserved by upgrades under way is not used up", () => {
    const tallies = [aTally("broad", { underWay: 2, waiting: 5 })];
    expect(exhaustedBudget(campaign({ failureBudget: 2, tallies }))).toBeUndefined();
    expect(takes(campaign({ failureBudget: 2, tallies }))).toBe(0);
  });
});
