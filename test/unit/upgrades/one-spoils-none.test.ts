// One campaign or organisation that cannot be read or reached holds up no other, and the run counts as failed at its end.

import { expect, test } from "vitest";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { tryEach } from "../../../shared/kernel/try-each.ts";
import { organisationStore } from "../../../shared/organisations/store.ts";
import { memoryLog } from "../../../shared/platform/telemetry/log.ts";
import { CAMPAIGN_QUEUE } from "../../../shared/upgrades/messages.ts";
import { reconcile } from "../../../shared/upgrades/campaigns/reconcile.ts";
import { upgradeStore } from "../../../shared/upgrades/store/store.ts";
import { anOrganisation, approvedCampaign, createWorld, makeCampaign } from "./support.ts";

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
