import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { pendingQueue } from "../../../shared/platform/tables/pending-queue.ts";
import { rowCodec } from "../../../shared/platform/tables/row-codec.ts";
import type { Table } from "../../../shared/platform/tables/tables.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";

const PARTITION = "p";
const ownerSchema = z.object({ id: z.string(), due: z.int().optional(), note: z.string() });
type Owner = z.infer<typeof ownerSchema>;
const owners = rowCodec(ownerSchema);
const entries = rowCodec(z.object({ id: z.string(), note: z.string() }));

function queueOn(table: Table, log = memoryLog()) {
  return pendingQueue(table, {
    prefix: "q|",
    codec: entries,
    entryOf: (owner: Owner) =>
      owner.due === undefined ? undefined : { row: `q|${owner.due}|${owner.id}`, entry: owner },
    log,
  });
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function world() {
  const tables = memoryTables("Things");
  const table = tables.table("Things");
  return { table, queue: queueOn(table) };
}

const stateArb = fc.record({ due: fc.option(fc.nat(3), { nil: undefined }), note: fc.constantFrom("a", "b") });
/** Whether its writer had read the row before the last save of it. */
const stepArb = fc.record({ id: fc.constantFrom("x", "y", "z"), state: stateArb, isStale: fc.boolean() });

test("in the queue is, in order, exactly who waits, as it is now; a stale writer changes nothing", () =>
  fc.assert(
    fc.asyncProperty(fc.array(stepArb, { maxLength: 30 }), async (steps) => {
      const { table, queue } = await world();
      const current = new Map<string, { owner: Owner; etag: string }>();
      const before = new Map<string, { owner: Owner; etag: string }>();
      for (const { id, state, isStale } of steps) {
        const owner: Owner = { id, note: state.note, ...(state.due !== undefined && { due: state.due }) };
        const stored = current.get(id);
        const old = isStale ? before.get(id) : stored;
        const row = `o|${id}`;
        if (stored === undefined) {
          const insert = { kind: "insert", row, cells: owners.encode(owner) } as const;
          const done = await table.transact(PARTITION, [insert, ...queue.insertion(owner)]);
          if (done.kind === "written") current.set(id, { owner, etag: done.etags[0] ?? "" });
        } else if (old !== undefined) {
          const replacement = { kind: "replace", row, cells: owners.encode(owner), etag: old.etag } as const;
          const done = await queue.save(PARTITION, replacement, old.owner, owner);
          expect(done.kind).toBe(isStale ? "conflict" : "written");
          if (done.kind !== "written") continue;
          before.set(id, stored);
          current.set(id, { owner, etag: done.etag });
        }
      }
      const waiting = [...current.values()].map(({ owner }) => owner).filter(({ due }) => due !== undefined);
      const inOrder = waiting.toSorted((a, b) => (`${a.due}|${a.id}` < `${b.due}|${b.id}` ? -1 : 1));
      const found = await all(queue.entries(PARTITION));
      expect(found).toEqual(inOrder.map(({ id, note }) => ({ id, note })));
    }),
  ));

test("an entry that cannot be read holds up nobody, and is in the log", async () => {
  const { table } = await world();
  const log = memoryLog();
  const queue = queueOn(table, log);
  await table.insert({ partition: PARTITION, row: "q|0|broken" }, { id: 7 });
  await table.transact(PARTITION, queue.insertion({ id: "x", due: 1, note: "a" }));
  expect(await all(queue.entries(PARTITION))).toEqual([{ id: "x", note: "a" }]);
  expect(log.entries).toMatchObject([{ level: "error", event: "row.unreadable", fields: { row: "q|0|broken" } }]);
});
