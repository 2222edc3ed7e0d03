import fc from "fast-check";
import { expect, test } from "vitest";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { err, ok } from "../../../shared/kernel/result.ts";
import { changeRow } from "../../../shared/platform/tables/change-row.ts";
import type { StoredRow } from "../../../shared/platform/tables/tables.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";

const KEY = { partition: "p", row: "counter" };

/** One row with a number; `between` is waited for before each of its calls. */
async function counter(between: () => Promise<unknown> = async () => undefined) {
  const tables = memoryTables("Counters");
  const table = tables.table("Counters");
  const calls = { reads: 0, writes: 0 };
  const row = {
    name: "Counter",
    read: async () => {
      calls.reads += 1;
      await between();
      return table.read(KEY);
    },
    write: async ({ etag }: StoredRow, next: number) => {
      calls.writes += 1;
      await between();
      return table.replace(KEY, { value: next }, etag);
    },
  };
  return { table, calls, row };
}

const valueOf = ({ cells }: StoredRow): number => Number(cells["value"]);
const increment = (stored: StoredRow) => ok(valueOf(stored) + 1);

test("however their calls mix, no change is lost, and each is made once", () =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 10 }), async (scheduler, count) => {
      const { table, row } = await counter(() => scheduler.schedule(Promise.resolve()));
      await table.insert(KEY, { value: 0 });
      const all = Promise.all(Array.from({ length: count }, () => changeRow(row, increment)));
      const done = await scheduler.waitFor(all);
      expect((await table.read(KEY))?.cells).toEqual({ value: count });
      const values = new Set(done.map((one) => (one.kind === "written" ? one.next : undefined)));
      expect(values).toEqual(new Set(Array.from({ length: count }, (_, index) => index + 1)));
    }),
  ));

test("what is refused or unchanged is not written, and what is not there is not asked about", async () => {
  const { table, calls, row } = await counter();
  const change = () => err("no");
  expect(await changeRow(row, change)).toEqual({ kind: "absent" });
  await table.insert(KEY, { value: 3 });
  expect(await changeRow(row, change)).toEqual({ kind: "refused", refusal: "no" });
  expect(await changeRow(row, () => ok(undefined))).toMatchObject({
    kind: "unchanged",
    stored: { cells: { value: 3 } },
  });
  expect(calls.writes).toBe(0);
});

test("a row that is known is not read; when it is stale, it is", async () => {
  const { table, calls, row } = await counter();
  await table.insert(KEY, { value: 0 });
  const known = await table.read(KEY);
  const first = await changeRow({ ...row, known }, increment);
  expect(first).toEqual({ kind: "written", next: 1, etag: (await table.read(KEY))?.etag });
  expect(calls).toEqual({ reads: 0, writes: 1 });
  expect(await changeRow({ ...row, known }, increment)).toMatchObject({ kind: "written", next: 2 });
  expect(calls).toEqual({ reads: 1, writes: 3 });
});

test("ten lost races are enough: it may pass", async () => {
  const { table, calls, row } = await counter();
  await table.insert(KEY, { value: 0 });
  const write = async (...args: Parameters<typeof row.write>) => {
    await row.write(...args);
    return { kind: "conflict" } as const;
  };
  await expect(changeRow({ ...row, write }, increment)).rejects.toThrow(TransientFailure);
  await expect(changeRow({ ...row, write }, increment)).rejects.toThrow("Counter changes all the time");
  expect(calls.writes).toBe(20);
});
