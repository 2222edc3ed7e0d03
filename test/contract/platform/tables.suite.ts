// What every implementation of Tables must do, whatever is behind it.
import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { PermanentFailure } from "../../../shared/kernel/failures.ts";
import type { Cells, Table, Tables, Write } from "../../../shared/platform/tables/tables.ts";

const CONFLICT = { kind: "conflict" };
const HARD_KEYS = [
  "plain",
  "a b",
  "a/b\\c#d?e%f",
  "it's 'quoted'",
  `["json","list"]`,
  "2026-01-01T00:00:00+02:00",
  "v7.12.1",
  "Müller & Söhne",
  "日本",
  "👍",
  "tab\tnew\nline",
  '~>[."$',
  "a+b=c&d;e,f:@!()*{}|^`<",
];

export function tablesSuite(name: string, create: () => Promise<Tables>): void {
  describe(`Tables contract: ${name}`, () => {
    let tables: Tables;
    let table: Table;
    const partition = () => `p-${randomUUID()}`;

    beforeAll(async () => {
      tables = await create();
      await tables.ensure(["Contract", "Contract"]);
      await tables.ensure(["Contract"]);
      table = tables.table("Contract");
    });

    const insert = async (key: { partition: string; row: string }, cells: Cells): Promise<string> => {
      const outcome = await table.insert(key, cells);
      if (outcome.kind !== "written") throw new Error("The row was there already.");
      return outcome.etag;
    };

    test("a row comes back as it was written", async () => {
      const cells = {
        text: "Grüße 👍 'x' \"y\" \\ \u2028",
        empty: "",
        yes: true,
        no: false,
        zero: 0,
        negative: -17,
        int32: 2_147_483_647,
        aboveInt32: 2_147_483_648,
        epochMs: 1_764_000_000_123,
        largest: Number.MAX_SAFE_INTEGER,
        smallest: Number.MIN_SAFE_INTEGER,
        fraction: 0.1,
        huge: 1e300,
        wholeAndHuge: 2 ** 70,
        tiny: -5e-324,
      };
      const key = { partition: partition(), row: "r" };
      const etag = await insert(key, cells);
      expect(await table.read(key)).toEqual({ ...key, etag, cells });
    });

    test("the same holds for rows written in a transaction", async () => {
      const cells = {
        text: "Grüße 👍 'x' {y} \u2028 \r\n--",
        epochMs: 1_764_000_000_123,
        fraction: 0.1,
        huge: 2 ** 70,
        yes: true,
      };
      const key = { partition: partition(), row: 'it\'s {r} "1"' };
      const outcome = await table.transact(key.partition, [{ kind: "insert", row: key.row, cells }]);
      expect(outcome.kind).toBe("written");
      expect((await table.read(key))?.cells).toEqual(cells);
    });

    test("a row that is not there reads as undefined", async () => {
      expect(await table.read({ partition: partition(), row: "absent" })).toBeUndefined();
    });

    test("a second insert is a conflict and changes nothing", async () => {
      const key = { partition: partition(), row: "r" };
      const etag = await insert(key, { n: 1 });
      expect(await table.insert(key, { n: 2 })).toEqual(CONFLICT);
      expect(await table.read(key)).toEqual({ ...key, etag, cells: { n: 1 } });
    });

    test("only one of several concurrent inserts wins", async () => {
      const key = { partition: partition(), row: "r" };
      const outcomes = await Promise.all([1, 2, 3, 4, 5].map((n) => table.insert(key, { n })));
      expect(outcomes.filter(({ kind }) => kind === "written")).toHaveLength(1);
    });

    test("replace takes the whole row and gives a new etag", async () => {
      const key = { partition: partition(), row: "r" };
      const first = await insert(key, { old: "x", n: 1 });
      const outcome = await table.replace(key, { n: 2 }, first);
      expect(outcome.kind).toBe("written");
      const row = await table.read(key);
      expect(row?.cells).toEqual({ n: 2 });
      expect(row?.etag).not.toBe(first);
      expect(outcome).toEqual({ kind: "written", etag: row?.etag });
    });

    test("only one of two writers with the same etag wins", async () => {
      const key = { partition: partition(), row: "r" };
      const etag = await insert(key, { n: 0 });
      const outcomes = await Promise.all([table.replace(key, { n: 1 }, etag), table.replace(key, { n: 2 }, etag)]);
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["conflict", "written"]);
    });

    test.each(["*", "", "no etag", 'W/"1"\r\nX: y'])("the foreign etag %j is a lost race", async (etag) => {
      const key = { partition: partition(), row: "r" };
      await insert(key, { n: 0 });
      expect(await table.replace(key, { n: 1 }, etag)).toEqual(CONFLICT);
      expect(await table.remove(key, etag)).toBe("conflict");
      const write: Write = { kind: "remove", row: "r", etag };
      expect(await table.transact(key.partition, [write])).toEqual({ kind: "conflict", index: 0 });
      expect((await table.read(key))?.cells).toEqual({ n: 0 });
    });

    test("replace and remove of a row that is gone are conflicts", async () => {
      const key = { partition: partition(), row: "r" };
      const etag = await insert(key, { n: 0 });
      expect(await table.remove(key, etag)).toBe("removed");
      expect(await table.read(key)).toBeUndefined();
      expect(await table.remove(key, etag)).toBe("conflict");
      expect(await table.replace(key, { n: 1 }, etag)).toEqual(CONFLICT);
      expect(await table.insert(key, { n: 3 })).toMatchObject({ kind: "written" });
    });

    test("remove with an old etag is a conflict", async () => {
      const key = { partition: partition(), row: "r" };
      const etag = await insert(key, { n: 0 });
      await table.replace(key, { n: 1 }, etag);
      expect(await table.remove(key, etag)).toBe("conflict");
    });

    test("a transaction writes all its rows and returns their etags", async () => {
      const p = partition();
      const a = await insert({ partition: p, row: "a" }, { n: 1 });
      const b = await insert({ partition: p, row: "b" }, { n: 1 });
      const outcome = await table.transact(p, [
        { kind: "replace", row: "a", cells: { n: 2 }, etag: a },
        { kind: "remove", row: "b", etag: b },
        { kind: "insert", row: "c", cells: { n: 3 } },
      ]);
      const [rowA, rowB, rowC] = await Promise.all(["a", "b", "c"].map((row) => table.read({ partition: p, row })));
      expect([rowA?.cells, rowB, rowC?.cells]).toEqual([{ n: 2 }, undefined, { n: 3 }]);
      expect(outcome).toEqual({ kind: "written", etags: [rowA?.etag, "", rowC?.etag] });
    });

    test.each([
      ["an insert of a row that exists", (): Write => ({ kind: "insert", row: "taken", cells: { n: 9 } })],
      [
        "a replace with an old etag",
        (etag: string): Write => ({ kind: "replace", row: "taken", cells: { n: 9 }, etag }),
      ],
      ["a remove with an old etag", (etag: string): Write => ({ kind: "remove", row: "taken", etag })],
      ["a replace of a row that is gone", (etag: string): Write => ({ kind: "replace", row: "gone", cells: {}, etag })],
      ["a remove of a row that is gone", (etag: string): Write => ({ kind: "remove", row: "gone", etag })],
    ])("a transaction with %s writes nothing and says which", async (_, losing) => {
      const p = partition();
      const etag = await insert({ partition: p, row: "taken" }, { n: 1 });
      const current = await table.replace({ partition: p, row: "taken" }, { n: 2 }, etag);
      const outcome = await table.transact(p, [{ kind: "insert", row: "new", cells: { n: 1 } }, losing(etag)]);
      expect(outcome).toEqual({ kind: "conflict", index: 1 });
      expect(await table.read({ partition: p, row: "new" })).toBeUndefined();
      expect(await table.read({ partition: p, row: "taken" })).toMatchObject({ cells: { n: 2 } });
      expect(current.kind).toBe("written");
    });

    test("a transaction takes 100 rows; 0, 101 and a row named twice are refused", async () => {
      const p = partition();
      const rows = Array.from({ length: 101 }, (_, n): Write => ({ kind: "insert", row: `r${n}`, cells: { n } }));
      await expect(table.transact(p, rows)).rejects.toThrow(PermanentFailure);
      await expect(table.transact(p, [])).rejects.toThrow(PermanentFailure);
      await expect(table.transact(p, [...rows.slice(0, 1), ...rows.slice(0, 1)])).rejects.toThrow(/twice/);
      expect(await table.transact(p, rows.slice(0, 100))).toMatchObject({ kind: "written" });
      expect((await table.list({ partition: p, limit: 1000 })).rows).toHaveLength(100);
    });

    test("keys may be any text, in every kind of call", async () => {
      for (const hard of HARD_KEYS) {
        const key = { partition: `${hard}-${randomUUID()}`, row: hard };
        const etag = await insert(key, { n: 1 });
        expect(await table.read(key)).toEqual({ ...key, etag, cells: { n: 1 } });
        const replaced = await table.replace(key, { n: 2 }, etag);
        if (replaced.kind !== "written") throw new Error(`replace of ${hard}`);
        const write: Write = { kind: "replace", row: hard, cells: { n: 3 }, etag: replaced.etag };
        const transacted = await table.transact(key.partition, [write]);
        if (transacted.kind !== "written") throw new Error(`transaction on ${hard}`);
        const { rows } = await table.list({ partition: key.partition, rowPrefix: hard, limit: 10 });
        expect(rows).toEqual([{ ...key, etag: transacted.etags[0], cells: { n: 3 } }]);
        expect(await table.remove(key, transacted.etags[0] ?? "")).toBe("removed");
      }
    });

    test("lists come in key order, page by page, also when rows vanish between the pages", async () => {
      const p = partition();
      const keys = Array.from({ length: 94 }, (_, n) => String.fromCharCode(33 + n)).toSorted();
      for (const row of keys.toReversed()) await table.insert({ partition: p, row }, { row });
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await table.list({ partition: p, limit: 10, ...(cursor !== undefined && { cursor }) });
        seen.push(...page.rows.map(({ row }) => row));
        expect(page.rows.length).toBeLessThanOrEqual(10);
        const last = page.rows.at(-1);
        if (last !== undefined) await table.remove(last, last.etag);
        cursor = page.cursor;
      } while (cursor !== undefined && seen.length < 200);
      expect(seen).toEqual(keys);
    });

    test("a list with a prefix holds exactly the rows that start with it", async () => {
      const p = partition();
      for (const row of ["a", "a.", "a.1", "a/1", "a1", "b", "a.%", "A.1"])
        await table.insert({ partition: p, row }, {});
      const listed = async (rowPrefix: string) =>
        (await table.list({ partition: p, rowPrefix, limit: 100 })).rows.map(({ row }) => row);
      expect(await listed("a.")).toEqual(["a.", "a.%", "a.1"]);
      expect(await listed("a/")).toEqual(["a/1"]);
      expect(await listed("c")).toEqual([]);
    });

    test("a list from a key on holds that row and the later ones, also behind a prefix and on later pages", async () => {
      const p = partition();
      const rows = ["a|1", "a|2", "a|3", "b|1", "b|2"];
      for (const row of rows) await table.insert({ partition: p, row }, {});
      const first = await table.list({ partition: p, rowFrom: "a|2", limit: 2 });
      expect(first.rows.map(({ row }) => row)).toEqual(["a|2", "a|3"]);
      const rest = await table.list({ partition: p, rowFrom: "a|2", limit: 9, cursor: first.cursor ?? "" });
      expect(rest.rows.map(({ row }) => row)).toEqual(["b|1", "b|2"]);
      const both = await table.list({ partition: p, rowPrefix: "a|", rowFrom: "a|20", limit: 9 });
      expect(both.rows.map(({ row }) => row)).toEqual(["a|3"]);
      expect((await table.list({ partition: p, rowPrefix: "b|", rowFrom: "a|2", limit: 9 })).rows).toHaveLength(2);
      expect((await table.list({ partition: p, rowFrom: "c", limit: 9 })).rows).toEqual([]);
    });

    test("an empty partition is an empty page without a cursor", async () => {
      expect(await table.list({ partition: partition(), limit: 5 })).toEqual({ rows: [], cursor: undefined });
    });

    test.each(["nonsense", "", "MTph===", "ÄÖ"])("the cursor %j is refused", async (cursor) => {
      await expect(table.list({ partition: "p", limit: 5, cursor })).rejects.toThrow(PermanentFailure);
    });

    test.each([0, 1001, 1.5])("the page size %d is refused", async (limit) => {
      await expect(table.list({ partition: "p", limit })).rejects.toThrow(PermanentFailure);
    });

    test.each([
      ["a text above 32,767 characters", { text: "x".repeat(32_768) }, /"text" has 32768 characters/],
      ["a number that is none", { n: Number.NaN }, /"n" is NaN/],
      ["half a surrogate pair", { text: "\ud83d" }, /not well-formed/],
      ["a bad cell name", { "a-b": 1 }, /cell name "a-b"/],
      ["a reserved cell name", { Timestamp: 1 }, /reserved/],
      [
        "more than 1 MiB",
        Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`t${n}`, "x".repeat(32_000)])),
        /bytes/,
      ],
    ])("%s is refused, naming table, row and cell", async (_, cells, message) => {
      const key = { partition: partition(), row: "r-1" };
      await expect(table.insert(key, cells)).rejects.toThrow(message);
      await expect(table.insert(key, cells)).rejects.toThrow(/Row "r-1" of table Contract/);
      await expect(table.transact(key.partition, [{ kind: "insert", row: "r-1", cells }])).rejects.toThrow(
        PermanentFailure,
      );
    });

    test("a key that Table storage cannot hold is refused", async () => {
      await expect(table.read({ partition: "p", row: "x".repeat(513) })).rejects.toThrow(PermanentFailure);
      await expect(table.insert({ partition: "\udc00", row: "r" }, {})).rejects.toThrow(PermanentFailure);
    });

    test("a table that does not exist is a PermanentFailure that names it", async () => {
      const absent = tables.table("Absent");
      await expect(absent.read({ partition: "p", row: "r" })).rejects.toThrow(/Absent.*exist/);
      await expect(absent.insert({ partition: "p", row: "r" }, {})).rejects.toThrow(PermanentFailure);
      await expect(absent.replace({ partition: "p", row: "r" }, {}, 'W/"1"')).rejects.toThrow(PermanentFailure);
      await expect(absent.list({ partition: "p", limit: 1 })).rejects.toThrow(PermanentFailure);
    });
  });
}
