// A row that cannot be read (a newer version wrote it, or somebody by hand) holds up no other that waits or is listed.

import { expect, test } from "vitest";
import { raiseIncident } from "../../../shared/incidents/raise-incident.ts";
import { sendIncidentMails } from "../../../shared/incidents/send-incident-mails.ts";
import { incidentStore } from "../../../shared/incidents/store.ts";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { requestNotices } from "../../../shared/notices/request-notices.ts";
import { sendDueNotices } from "../../../shared/notices/send-due-notices.ts";
import { noticeStore } from "../../../shared/notices/store.ts";
import type { Tables } from "../../../shared/platform/tables/tables.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import { createWorld as incidentWorld, trouble } from "../incidents/support.ts";
import { asked, createWorld as noticeWorld } from "../notices/support.ts";
import { createWorld as webhookWorld, event } from "../webhooks/support.ts";
import { DELIVERIES_TABLE, WEBHOOKS_TABLE } from "../../../shared/webhooks/resources.ts";
import { INCIDENTS_TABLE } from "../../../shared/incidents/resources.ts";
import { NOTICES_TABLE } from "../../../shared/notices/resources.ts";

/** Makes the first row with this beginning one that nobody can read. */
async function spoil(tables: Tables, name: string, partition: string, rowPrefix: string): Promise<void> {
  const table = tables.table(name);
  const [row] = (await table.list({ partition, rowPrefix, limit: 1 })).rows;
  if (row === undefined) throw new Error(`There is no row ${rowPrefix} in ${name}.`);
  await table.replace(row, { what: "?" }, row.etag);
}

test.each(["i|", "q|"])("an incident (%s) does not keep the others from being mailed and listed", async (rowPrefix) => {
  const raw = memoryTables();
  const world = await incidentWorld({ raw });
  world.says.next = () => new TransientFailure("down");
  for (const incidentId of ["a", "b"]) await raiseIncident(world.deps, trouble({ incidentId }));
  world.says.next = undefined;
  await spoil(raw, INCIDENTS_TABLE, "incidents", rowPrefix);
  world.time.now += 3_600_000;
  const log = memoryLog();
  const deps = { ...world.deps, store: incidentStore(raw, log) };
  expect(await sendIncidentMails(deps)).toMatchObject({ accepted: 1, left: 0 });
  expect(log.entries.map((entry) => entry.event)).toEqual(["row.unreadable"]);
  const listed = (await deps.store.list({ limit: 10 })).items.map(({ incidentId }) => incidentId);
  expect(listed).toEqual(rowPrefix === "i|" ? ["b"] : ["a", "b"]);
});

test("the place of an incident in the list does not hide the others", async () => {
  const raw = memoryTables();
  const world = await incidentWorld({ raw });
  for (const incidentId of ["a", "b"]) await raiseIncident(world.deps, trouble({ incidentId }));
  await spoil(raw, INCIDENTS_TABLE, "incidents", "t|");
  expect((await world.store.list({ limit: 10 })).items).toHaveLength(1);
});

test.each(["n|", "d|"])("a notice (%s) does not keep the others from being sent", async (rowPrefix) => {
  const raw = memoryTables();
  const world = await noticeWorld({ tables: () => raw });
  await raw.ensure([NOTICES_TABLE]);
  // All in one shard, as they are of one organisation and campaign.
  const both = (["announcement", "reminder7"] as const).map((kind) => asked({ kind }));
  await requestNotices(world.deps, both);
  const shards = Array.from({ length: 16 }, (_, shard) => `s${String(shard).padStart(2, "0")}`);
  for (const partition of shards) await spoil(raw, NOTICES_TABLE, partition, rowPrefix).catch(() => undefined);
  const log = memoryLog();
  const run = await sendDueNotices({ ...world.deps, store: noticeStore(raw, log) });
  expect(log.entries.map((entry) => entry.event)).toContain("row.unreadable");
  expect(run.failed + run.postponed + run.accepted).toBe(1);
});

test.each(["d|", "q|"])(
  "a delivery (%s) does not keep the others of its endpoint from being sent",
  async (rowPrefix) => {
    const world = await webhookWorld();
    const webhookId = await world.subscribe();
    for (const n of [1, 2, 3]) await world.verbs.publish(event(n));
    await spoil(world.raw, DELIVERIES_TABLE, webhookId, rowPrefix);
    expect(await world.verbs.sendDue()).toMatchObject({ delivered: 2 });
    expect(world.log.entries.map((entry) => entry.event)).toContain("row.unreadable");
  },
);

test("a webhook does not keep the others from getting their events", async () => {
  const world = await webhookWorld();
  await world.subscribe();
  await world.subscribe();
  await spoil(world.raw, WEBHOOKS_TABLE, "webhooks", "");
  expect(await world.verbs.publish(event(1))).toEqual({ fresh: 1, known: 0 });
  expect((await world.verbs.store.listWebhooks(10)).items).toHaveLength(1);
});
