import { expect, test } from "vitest";
import { readAhead } from "../../../shared/platform/tables/read-ahead.ts";
import type { ListQuery, Table } from "../../../shared/platform/tables/tables.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";

const idOf = (number: number): string => `org-${String(number).padStart(3, "0")}`;

async function world(count: number) {
  const tables = memoryTables("T");
  const table = tables.table("T");
  for (let number = 0; number < count; number += 1)
    await table.insert({ partition: "p", row: idOf(number) }, { number });
  const calls = { list: 0, read: 0 };
  const counted: Table = {
    insert: (...args) => table.insert(...args),
    replace: (...args) => table.replace(...args),
    remove: (...args) => table.remove(...args),
    transact: (...args) => table.transact(...args),
    read: (key) => ((calls.read += 1), table.read(key)),
    list: (query: ListQuery) => ((calls.list += 1), table.list(query)),
  };
  const time = { now: 0 };
  const ask = readAhead(counted, "p", { now: () => time.now });
  return { table, calls, time, ask, numberOf: async (row: string) => (await ask(row))?.cells["number"] };
}

test("a page answers for those that are asked for next, also at once", async () => {
  const { calls, numberOf } = await world(120);
  const all = await Promise.all(Array.from({ length: 120 }, (_, number) => numberOf(idOf(number))));
  expect(all).toEqual(Array.from({ length: 120 }, (_, number) => number));
  expect(calls).toEqual({ list: 3, read: 0 });
});

test("whoever asks backwards gets the right row as well", async () => {
  const { numberOf } = await world(120);
  expect([await numberOf("org-110"), await numberOf("org-007"), await numberOf("org-119")]).toEqual([110, 7, 119]);
});

test("a row that stands on no page is asked for by its name", async () => {
  const { table, calls, numberOf } = await world(10);
  expect(await numberOf("org-000")).toBe(0);
  expect(await numberOf("org-005b")).toBeUndefined();
  await table.insert({ partition: "p", row: "org-005b" }, { number: 55 });
  expect(await numberOf("org-005b")).toBe(55);
  expect(calls).toEqual({ list: 1, read: 2 });
});

test("what was read counts for two seconds", async () => {
  const { table, time, numberOf } = await world(10);
  await numberOf("org-000");
  const row = await table.read({ partition: "p", row: "org-003" });
  await table.replace({ partition: "p", row: "org-003" }, { number: 33 }, row?.etag ?? "");
  time.now = 2000;
  expect(await numberOf("org-003")).toBe(3);
  time.now = 2001;
  expect(await numberOf("org-003")).toBe(33);
});

test("one failure is answered to whoever asked, and to nobody behind", async () => {
  const { ask } = await world(3);
  const [wrong, right] = await Promise.allSettled([ask("\u0000".repeat(2000)), ask("org-001")]);
  expect([wrong.status, right.status]).toEqual(["rejected", "fulfilled"]);
});
