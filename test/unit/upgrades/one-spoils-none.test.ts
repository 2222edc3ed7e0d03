// One campaign or organisation that cannot be read or reached holds up no other, and the run counts as failed at its end.

import { expect, test } from "vitest";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { tryEach } from "../../../shared/kernel/try-each.ts";
import { organisationStore } from "../../../shared/organisations/store.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { reconcile } from "../../../shared/upgrades/campaigns/reconcile.ts";
import { heldElsewhere } from "../../../shared/upgrades/store/claims.ts";
import { codecs, rowOf } from "../../../shared/upgrades/store/rows.ts";
import { upgradeStore } from "../../../shared/upgrades/store/store.ts";
import { anOrganisation, approvedCampaign, createWorld, makeCampaign } from "./support.ts";
import { CAMPAIGN_QUEUE } from "../../../shared/upgrades/resources.ts";

test("the others have their turn; the first failure that is worth another try is thrown at the end", async () => {
  const done: number[] = [];
  const run = tryEach([1, 2, 3, 4], async (item) => {
    if (item === 1) throw new Error("broken");
    if (item === 3) throw new TransientFailure("later");
    done.push(item);
  });
  await expect(run).rejects.toThrow("later");
  expect(done).toEqual([2, 4]);
});

test("a campaign whose row cannot be read is left out of the list, and the log tells it", async () => {
  const world = await createWorld([anOrganisation("alpine"), anOrganisation("baker")]);
  await makeCampaign(world, { organisations: [anOrganisation("alpine")] });
  await approvedCampaign(world, { campaignId: "c-2", organisations: [anOrganisation("baker")] });
  const stored = await world.store.readCampaign("c-1");
  await world.tables.table("Upgrades").replace({ partition: "c-1", row: "c" }, { state: "odd" }, stored?.etag ?? "");
  const log = memoryLog();
  const store = upgradeStore(world.tables, log);
  expect((await store.listCampaigns(10)).items.map(({ campaign }) => campaign.campaignId)).toEqual(["c-2"]);
  expect(log.entries.map(({ event }) => event)).toEqual(["row.unreadable"]);
});

test("a campaign that cannot be woken holds up no other", async () => {
  const world = await createWorld([anOrganisation("alpine"), anOrganisation("baker")]);
  for (const [campaignId, name] of [
    ["c-1", "alpine"],
    ["c-2", "baker"],
  ] as const)
    await approvedCampaign(world, { campaignId, organisations: [anOrganisation(name)] });
  const sent: string[] = [];
  const store = {
    ...world.store,
    activeUpgrades: async (campaignId: string) => {
      sent.push(campaignId);
      if (sent.length === 1) throw new TransientFailure("storage is busy");
      return [];
    },
  };
  const deps = { ...world.deps, store, raiseIncident: async () => {} };
  const before = world.bus.all(CAMPAIGN_QUEUE).length;
  await expect(reconcile(deps)).rejects.toThrow("storage is busy");
  expect(sent.toSorted()).toEqual(["c-1", "c-2"]);
  expect(world.bus.all(CAMPAIGN_QUEUE).length).toBeGreaterThanOrEqual(before);
});

test("an organisation whose row cannot be read is named, and the others are listed", async () => {
  const world = await createWorld();
  const log = memoryLog();
  const organisations = organisationStore(world.tables, log);
  await organisations.insert(anOrganisation("alpine"));
  await world.tables.table("Organisations").insert({ partition: "organisations", row: "broken" }, { name: "?" });
  const unreadable: string[] = [];
  const found: string[] = [];
  for await (const { organisationId } of organisations.all((id) => unreadable.push(id))) found.push(organisationId);
  expect([found, unreadable]).toEqual([["alpine"], ["broken"]]);
  expect((await organisations.list(10)).items).toHaveLength(1);
  expect(log.entries.map(({ event }) => event)).toEqual(["row.unreadable", "row.unreadable"]);
});

test.each([
  ["a place in the queue", "q|"],
  ["an upgrade", "u|"],
  ["a move in the outbox", "o|"],
])("%s that cannot be read does not hide the others of its campaign", async (_, rowPrefix) => {
  const names = ["alpine", "baker", "cider"];
  const world = await createWorld(names.map((name) => anOrganisation(name)));
  await approvedCampaign(world, { organisations: names.map((name) => anOrganisation(name)) });
  const table = world.tables.table("Upgrades");
  for (const name of names) {
    const entry = { organisationId: name, sequence: 1, from: "scheduled", to: "skipped", at: 0, by: "tool:t" } as const;
    const upgrade = (await world.store.readUpgrade("c-1", name))?.upgrade;
    if (upgrade === undefined) throw new Error(`${name} is in no campaign.`);
    await table.insert({ partition: "c-1", row: rowOf.outbox(entry) }, codecs.outbox.encode({ entry, upgrade }));
    await table.insert({ partition: "c-1", row: rowOf.active(name) }, {});
  }
  const counts = async (log = memoryLog()) => {
    const store = upgradeStore(world.tables, log);
    const all: string[] = [];
    const unreadable: string[] = [];
    for await (const { upgrade } of store.allUpgrades("c-1", (one) => unreadable.push(one)))
      all.push(upgrade.organisationId);
    return {
      all: all.length,
      unreadable: unreadable.length,
      listed: (await store.listUpgrades("c-1", 10)).items.length,
      active: (await store.activeUpgrades("c-1")).length,
      waiting: (await store.waitingIn("c-1", "broad", 2)).length,
      outbox: (await store.outbox("c-1")).length,
    };
  };
  const before = { all: 3, unreadable: 0, listed: 3, active: 3, waiting: 2, outbox: 3 };
  expect(await counts()).toEqual(before);
  const [row] = (await table.list({ partition: "c-1", rowPrefix, limit: 1 })).rows;
  if (row === undefined) throw new Error("There is no such row.");
  await table.replace(row, { entry: "?", hint: "?", state: "odd" }, row.etag);
  const without = {
    "q|": before,
    "u|": { ...before, all: 2, unreadable: 1, listed: 2, active: 2 },
    "o|": { ...before, outbox: 2 },
  };
  const log = memoryLog();
  expect(await counts(log)).toEqual(Object.entries(without).find(([prefix]) => prefix === rowPrefix)?.[1]);
  expect(log.entries.some(({ event }) => event === "row.unreadable")).toBe(true);
});

test.each([
  ["whose upgrade", rowOf.upgrade("alpine")],
  ["of a campaign that", "c"],
])("an organisation %s cannot be read stays claimed by its campaign", async (_, broken) => {
  const world = await createWorld([anOrganisation("alpine")]);
  await approvedCampaign(world, { organisations: [anOrganisation("alpine")] });
  const row = await world.tables.table("Upgrades").read({ partition: "c-1", row: broken });
  if (row === undefined) throw new Error("There is no such row.");
  await world.tables.table("Upgrades").replace(row, { state: "odd" }, row.etag);
  const held = await heldElsewhere({ tables: world.tables, store: world.store }, "c-2", ["alpine"], world.time.now);
  expect([...held]).toEqual([["alpine", "c-1"]]);
});
