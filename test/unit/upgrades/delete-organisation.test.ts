// Of a campaign that takes an organisation and a deletion of it one wins, whenever each comes.

import { describe, expect, test } from "vitest";
import { err, ok } from "../../../shared/kernel/result.ts";
import { deleteOrganisation } from "../../../shared/organisations/delete-organisation.ts";
import { organisationStore } from "../../../shared/organisations/store.ts";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import { deletionClaims } from "../../../shared/upgrades/store/claim-for-deletion.ts";
import { claimsAhead } from "../../../shared/upgrades/store/claims.ts";
import { createCampaign, tryCampaign } from "../../../shared/upgrades/campaigns/create-campaign.ts";
import { commandUpgrade } from "../../../shared/upgrades/upgrade/upgrade-commands.ts";
import { stillRegistered } from "../../../shared/upgrades/upgrade/still-registered.ts";
import { MINUTE } from "../../support/upgrades.ts";
import { anOrganisation, approvedCampaign, APPROVER, aRequest, AUTHOR, createWorld, upgradeOf } from "./support.ts";

const ALPINE = anOrganisation("alpine");

/** With a registry in the tables. */
async function world() {
  const made = await createWorld([ALPINE, anOrganisation("baker")]);
  const organisations = organisationStore(made.tables);
  for (const one of made.registry.values()) await organisations.insert(one);
  const organisationOf = async (id: string) => (await organisations.read(id))?.organisation;
  const deps = {
    ...made.deps,
    registry: organisations,
    organisationOf,
    preflight: () =>
      stillRegistered({
        organisationOf: organisations.ahead(made.deps.clock),
        claimOf: claimsAhead(made.tables, made.deps.clock),
      }),
  };
  const deletion = { organisations, deletions: deletionClaims(deps) };
  const remove = (ifMatch = "*") => deleteOrganisation(deletion, "alpine", ifMatch);
  const look = async () => {
    made.time.now += MINUTE;
    await advanceCampaign(deps, "c-1", false);
  };
  return { ...made, organisations, deps, deletion, remove, look };
}
type World = Awaited<ReturnType<typeof world>>;

const hotfix = (of: World, changes = {}) => aRequest(of, { kind: "hotfix", ...changes });
const create = (of: World, changes = {}) => createCampaign(of.deps, hotfix(of, changes), AUTHOR);
const BEING_REMOVED = "it is being removed from the registry";

/** The deletion stops before it removes the row; the answer lets it go on. */
async function slowDeletion(of: World) {
  const reached = Promise.withResolvers<undefined>();
  const go = Promise.withResolvers<undefined>();
  const remove: typeof of.organisations.remove = async (...args) => {
    reached.resolve(undefined);
    await go.promise;
    return of.organisations.remove(...args);
  };
  const done = deleteOrganisation({ ...of.deletion, organisations: { ...of.organisations, remove } }, "alpine", "*");
  await reached.promise;
  return async () => {
    go.resolve(undefined);
    return done;
  };
}

describe("an organisation that a campaign has", () => {
  test("cannot be removed before its upgrade has ended, and then it can", async () => {
    const it = await world();
    await create(it);
    const refused = err({ kind: "held", because: "it is in campaign c-1, which has not ended" });
    expect(await it.remove()).toEqual(refused);
    await commandUpgrade(it.deps, { campaignId: "c-1", organisationId: "alpine" }, "skip", APPROVER);
    expect(await it.remove()).toEqual(ok("removed"));
    expect(await it.organisations.read("alpine")).toBeUndefined();
  });
});

describe("while an organisation is being removed", () => {
  test("a campaign that names it is refused by name, one of the whole fleet leaves it out", async () => {
    const it = await world();
    const goOn = await slowDeletion(it);
    const taken = [{ organisationId: "alpine", reason: BEING_REMOVED }];
    expect(await create(it)).toEqual(err({ kind: "organisationTaken", taken }));
    const all = await create(it, { campaignId: "c-2", isWholeFleet: true });
    expect(all).toMatchObject({ value: { campaign: { organisationCount: 1 }, leftOut: taken } });
    expect(await goOn()).toEqual(ok("removed"));
  });

  test("a campaign that meets the deletion only at its claim says the same", async () => {
    const it = await world();
    const heldElsewhere = it.store.insertCampaign;
    let goOn: (() => Promise<unknown>) | undefined;
    const insertCampaign: typeof heldElsewhere = async (campaign) => {
      goOn = await slowDeletion(it);
      return it.store.insertCampaign(campaign);
    };
    const deps = { ...it.deps, store: { ...it.store, insertCampaign } };
    const made = await createCampaign(deps, hotfix(it, { isWholeFleet: true }), AUTHOR);
    expect(made).toMatchObject({ value: { leftOut: [{ organisationId: "alpine", reason: BEING_REMOVED }] } });
    expect(await goOn?.()).toEqual(ok("removed"));
  });

  test("its claim counts for a minute; a deletion that comes later still then loses", async () => {
    const it = await world();
    const goOn = await slowDeletion(it);
    it.time.now += MINUTE;
    expect(await create(it)).toMatchObject({ ok: true });
    expect(await goOn()).toEqual(err({ kind: "changedMeanwhile" }));
    expect(await it.organisations.read("alpine")).toBeDefined();
    expect(await it.remove()).toMatchObject({ error: { kind: "held" } });
  });

  test("a second deletion of another state of it stops both", async () => {
    const it = await world();
    const goOn = await slowDeletion(it);
    const present = await it.organisations.read("alpine");
    await it.organisations.replace({ ...ALPINE, name: "Alpine Foods" }, present?.etag ?? "");
    expect(await it.remove()).toEqual(err({ kind: "held", because: BEING_REMOVED }));
    it.time.now += MINUTE;
    expect(await it.remove()).toMatchObject({ error: { because: expect.stringContaining("another deletion") } });
    expect(await goOn()).toEqual(err({ kind: "changedMeanwhile" }));
    expect(await it.remove()).toEqual(ok("removed"));
  });
});

describe("an organisation that has been removed", () => {
  test("is not taken by a campaign that read the registry before", async () => {
    const it = await world();
    const request = hotfix(it);
    await it.remove();
    const refused = [{ organisationId: "alpine", reason: "it is not in the registry any more" }];
    expect(await createCampaign(it.deps, request, AUTHOR)).toEqual(err({ kind: "notPossible", refused }));
    const all = await createCampaign(it.deps, { ...request, campaignId: "c-2", isWholeFleet: true }, AUTHOR);
    expect(all).toMatchObject({ ok: true, value: { leftOut: refused } });
  });

  test("is not taken offline, however it was removed", async () => {
    const it = await world();
    await approvedCampaign({ ...it, deps: it.deps }, { kind: "hotfix", rings: [{ ring: "all", soakMs: 0 }] });
    const present = await it.organisations.read("alpine");
    await it.organisations.remove("alpine", present?.etag ?? "");
    await it.look();
    expect(await upgradeOf(it, "alpine")).toMatchObject({
      state: "skipped",
      failure: "it is not in the registry any more",
    });
    expect(await upgradeOf(it, "baker")).toMatchObject({ state: "goingOffline" });
  });

  test("that has moved to another stamp is left out: its budgets and freezes were counted for the old one", async () => {
    const it = await world();
    await approvedCampaign(it, { kind: "hotfix", rings: [{ ring: "all", soakMs: 0 }] });
    const present = await it.organisations.read("alpine");
    await it.organisations.replace({ ...ALPINE, stamp: "us-1" }, present?.etag ?? "");
    await it.look();
    expect((await upgradeOf(it, "alpine")).failure).toBe("it has moved from stamp eu-1 to us-1");
  });

  test("is removed when the same request comes again: its first answer may have been lost", async () => {
    const it = await world();
    const etag = (await it.organisations.read("alpine"))?.etag ?? "";
    expect(await it.remove("another")).toEqual(err({ kind: "changedMeanwhile" }));
    expect(await it.remove(etag)).toEqual(ok("removed"));
    expect(await it.remove(etag)).toEqual(ok("removed"));
    expect(await it.remove()).toEqual(ok("removed"));
    expect(await it.remove("another")).toEqual(err({ kind: "unknown" }));
    expect(await deleteOrganisation(it.deletion, "nobody", "*")).toEqual(err({ kind: "unknown" }));
  });

  test("can be registered and taken again at once", async () => {
    const it = await world();
    await it.remove();
    await it.organisations.insert(ALPINE);
    expect(await tryCampaign(it.deps, hotfix(it), "tool:operator-a")).toMatchObject({ ok: true });
  });
});
