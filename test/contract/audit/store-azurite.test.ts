// The audit log on Azure Tables (Azurite), through the official SDK, and in memory: the same entries, the same pages.

import { describe, expect, test } from "vitest";
import { audited } from "../../../shared/platform/audit-log.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import { azuriteTables } from "../../support/azurite-tables.ts";
import { act, createWorld, DAY, NOON } from "../../unit/audit/support.ts";

const azure = azuriteTables();

describe.each([
  ["in memory", memoryTables],
  ["on Azure Tables", azure],
])("the audit log %s", (_, tables) => {
  test("keeps every entry with its outcome and pages over days and shards", async () => {
    const world = await createWorld(tables());
    const odd = "100 % \\ / # ? ü 😀";
    for (let n = 0; n < 30; n++) {
      world.time.now = NOON + n * (DAY / 10);
      if (n % 5 === 0) await world.audit.intend(act());
      else if (n % 5 === 1) await world.audit.refuse(act(), { kind: "refused", code: "roleMissing", status: 403 });
      else await audited(world, act({ target: { name: odd }, details: { body: { odd } } }), async () => undefined);
    }
    for (const limit of [4, 500]) {
      const { found } = await world.all({ limit });
      expect(found.map(({ at }) => at)).toEqual(Array.from({ length: 30 }, (_, n) => NOON + (29 - n) * (DAY / 10)));
      expect(found.filter(({ outcome }) => outcome === undefined)).toHaveLength(6);
      expect(found.filter(({ outcome }) => outcome === "refused")).toHaveLength(6);
      expect(found[0]).toMatchObject({ target: { name: odd }, details: { body: JSON.stringify({ odd }) } });
    }
    const { found } = await world.all({ from: NOON + DAY, to: NOON + 2 * DAY });
    expect(found).toHaveLength(10);
  });

  test("the first outcome of an entry stands, and a row is never written again", async () => {
    const world = await createWorld(tables());
    world.time.now = NOON + 100 * DAY;
    const intent = await world.audit.intend(act());
    await world.audit.conclude(intent, { kind: "succeeded" });
    await world.audit.conclude(intent, { kind: "failed", code: "late" });
    const { items } = await world.list({ from: world.time.now });
    expect(items).toMatchObject([{ entryId: intent.entryId, outcome: "succeeded" }]);
  });
});
