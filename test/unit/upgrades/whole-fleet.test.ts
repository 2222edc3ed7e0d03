import { describe, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { err } from "../../../shared/kernel/result.ts";
import { holderOf } from "../../../shared/upgrades/store/claims.ts";
import { createCampaign, tryCampaign } from "../../../shared/upgrades/campaigns/create-campaign.ts";
import { NOON } from "../../support/upgrades.ts";
import {
  anOrganisation,
  aRequest,
  AUTHOR,
  createWorld,
  makeCampaign,
  NEW,
  someOrganisations,
  valueOf,
} from "./support.ts";

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

  const sick = (world: Awaited<ReturnType<typeof createWorld>>, failure: Error) => ({
    ...world.deps,
    versionOf: async (organisationId: string) => {
      if (organisationId === "org-001") throw failure;
      return world.deps.versionOf(organisationId);
    },
  });

  test.each([new TransientFailure("503 from the control plane"), new PermanentFailure("its answer cannot be read")])(
    "leaves out whose version cannot be known (%s), and names it",
    async (failure) => {
      const world = await createWorld();
      const deps = sick(world, failure);
      const leftOut = [{ organisationId: "org-001", reason: `its version cannot be known: ${failure.message}` }];
      const made = await createCampaign(deps, aRequest(world, { isWholeFleet: true }), AUTHOR);
      expect(made).toMatchObject({ value: { campaign: { organisationCount: 2 }, leftOut } });
      // Named, it is a refusal that names all of them.
      const named = await createCampaign(
        deps,
        aRequest(world, { campaignId: "c-2", organisations: [anOrganisation("org-001")] }),
        AUTHOR,
      );
      expect(named).toMatchObject({ error: { kind: "notPossible", refused: leftOut } });
    },
  );

  test("asks a bounded number at once, and for a bounded time", async () => {
    const world = await createWorld(someOrganisations(200));
    let [atOnce, most] = [0, 0];
    const versionOf = async () => {
      most = Math.max(most, ++atOnce);
      await Promise.resolve();
      world.time.now += 1000;
      atOnce -= 1;
      return "7.12.1.100";
    };
    const plan = valueOf(
      await tryCampaign({ ...world.deps, versionOf }, aRequest(world, { isWholeFleet: true }), "tool:operator-a"),
    );
    expect(most).toBe(32);
    expect(plan.leftOut.length).toBeGreaterThan(50);
    expect(plan.leftOut[0]?.reason).toBe("its version was not asked for: the others took 90 seconds");
  });

  test("leaves out who reports no version, and whose row cannot be read", async () => {
    const world = await createWorld();
    world.versions.set("org-001", "unknown build");
    const request = aRequest(world, { isWholeFleet: true, unreadable: ["broken"] });
    expect(valueOf(await tryCampaign(world.deps, request, "tool:operator-a")).leftOut).toEqual([
      { organisationId: "broken", reason: "its row in the registry cannot be read" },
      { organisationId: "org-001", reason: 'it reports the version "unknown build", which cannot be compared' },
    ]);
  });

  test("goes on under the same key when the fleet has changed", async () => {
    const world = await createWorld();
    const dying = { ...world.store, insertUpgrades: () => Promise.reject(new TransientFailure("gone")) };
    const request = aRequest(world, { isWholeFleet: true });
    await expect(createCampaign({ ...world.deps, store: dying }, request, AUTHOR)).rejects.toThrow("gone");
    const fewer = { ...request, organisations: request.organisations.slice(1) };
    expect(await createCampaign(world.deps, fewer, AUTHOR)).toMatchObject({
      value: { campaign: { organisationCount: 2 } },
    });
  });
});
