import { describe, expect, test } from "vitest";
import { err } from "../../../shared/kernel/result.ts";
import { holderOf } from "../../../shared/upgrades/claims.ts";
import { tryCampaign } from "../../../shared/upgrades/create-campaign.ts";
import { NOON } from "../../support/upgrades.ts";
import { anOrganisation, aRequest, createWorld, makeCampaign, NEW, someOrganisations, valueOf } from "./support.ts";

describe("a campaign for the whole fleet", () => {
  test("leaves out for whom it makes no sense, and says why", async () => {
    const world = await createWorld([
      ...someOrganisations(3),
      anOrganisation("short", {
        maintenanceWindow: { kind: "weekly", weekdays: ["monday"], start: "22:00", durationMinutes: 60 },
      }),
    ]);
    world.versions.set("org-001", NEW);
    world.versions.set("org-002", "7.14.0.0");
    const plan = valueOf(await tryCampaign(world.deps, aRequest(world, { isWholeFleet: true }), "tool:operator-a"));
    expect(plan.leftOut.map(({ organisationId }) => organisationId)).toEqual(["org-001", "org-002", "short"]);
    expect(plan.leftOut[0]?.reason).toBe(`it has ${NEW} already`);
    expect(plan.leftOut[1]?.reason).toBe(`it has 7.14.0.0, which is newer than ${NEW}`);
    expect(plan.leftOut[2]?.reason).toContain("60 min at most, 120 min needed");
    const { campaign } = await makeCampaign(world, { isWholeFleet: true });
    expect(campaign.organisationCount).toBe(1);
  });

  test("may fail at a tenth of those that are in it, not of those that were left out", async () => {
    const world = await createWorld(someOrganisations(200));
    const budget = { failureBudget: undefined, stampFailureBudget: undefined };
    const full = valueOf(await tryCampaign(world.deps, aRequest(world, budget), "tool:operator-a"));
    expect(full).toMatchObject({ failureBudget: 20, stampFailureBudget: 20, rings: [{ failureBudget: 20 }, {}, {}] });
    for (const { organisationId } of someOrganisations(190)) world.versions.set(organisationId, NEW);
    const { campaign } = await makeCampaign(world, { ...budget, isWholeFleet: true });
    expect(campaign).toMatchObject({ organisationCount: 10, failureBudget: 5, stampFailureBudget: 5 });
    expect(campaign.rings.map(({ failureBudget }) => failureBudget)).toEqual([5, 5, 5]);
  });

  test("leaves out whom another campaign holds, and says which", async () => {
    const world = await createWorld();
    await makeCampaign(world, { organisations: someOrganisations(1) });
    const { campaign } = await makeCampaign(world, { campaignId: "c-2", isWholeFleet: true });
    expect(campaign.organisationCount).toBe(2);
    expect(await holderOf(world.deps, "org-000", NOON)).toBe("c-1");
    const third = await tryCampaign(
      world.deps,
      aRequest(world, { campaignId: "c-3", isWholeFleet: true }),
      "tool:operator-a",
    );
    expect(third).toEqual(
      err({
        kind: "noOrganisations",
        leftOut: [
          { organisationId: "org-000", reason: "it is in campaign c-1, which has not ended" },
          { organisationId: "org-001", reason: "it is in campaign c-2, which has not ended" },
          { organisationId: "org-002", reason: "it is in campaign c-2, which has not ended" },
        ],
      }),
    );
  });
});
