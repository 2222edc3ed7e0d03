// Tables for simulations: as `memory-tables.ts`, but sorted (a campaign of 10,000 organisations is one partition), open
// to the invariants, and breakable on purpose. Passes the contract suite of Tables.

import { PermanentFailure } from "../../../shared/kernel/failures.ts";
import { decodeCursor, encodeCursor } from "../../../shared/platform/tables/cursor.ts";
import { checkCells, checkListLimit, checkTransaction } from "../../../shared/platform/tables/table-requests.ts";
import { escapeKey, upperBound } from "../../../shared/platform/tables/table-keys.ts";
import type {
  Cells,
  ListQuery,
  StoredRow,
  Table,
  Tables,
  Transacted,
  Write,
} from "../../../shared/platform/tables/tables.ts";

export interface Committed {
  readonly table: string;
  readonly partition: string;
  readonly writes: readonly Write[];
}

interface Options {
  /** Called after every successful write or transaction. */
  readonly onCommit?: (committed: Committed) => void;
  /** Defects, for the mutation list. */
  readonly ignoresEtags?: boolean;
  /** Rows that a transaction leaves out, as if transactions did not exist. */
  readonly forgets?: (row: string) => boolean;
}

export interface SimTables extends Tables {
  /** Reads past every gate and fault. */
  peek(table: string, partition: string, row: string): Cells | undefined;
  /** Keys of a partition that start with `prefix`, ascending. */
  peekKeys(table: string, partition: string, prefix: string): readonly string[];
}

interface Entry {
  readonly row: string;
  readonly cells: Cells;
  readonly etag: string;
}

interface Partition {
  readonly entries: Map<string, Entry>;
  /** Escaped keys, ascending. */
  readonly keys: string[];
}

export function simTables(options: Options = {}): SimTables {
  const partitions = new Map<string, Partition>();
  const names = new Set<string>();
  let etags = 0;
  const partitionOf = (table: string, name: string): Partition => {
    if (!names.has(table)) throw new PermanentFailure(`Table ${table} does not exist.`);
    const key = JSON.stringify([table, escapeKey(name)]);
    let partition = partitions.get(key);
    if (partition === undefined) partitions.set(key, (partition = { entries: new Map(), keys: [] }));
    return partition;
  };
  const nextEtag = (): string => `W/"${(etags += 1)}"`;
  const transact = (table: string, name: string, all: readonly Write[]): Transacted => {
    const partition = partitionOf(table, name);
    for (const write of all) if (write.kind !== "remove") checkCells(table, write.row, write.cells);
    const isAllowed = (write: Write): boolean => mayWrite(partition.entries.get(escapeKey(write.row)), write, options);
    const index = all.findIndex((write) => !isAllowed(write));
    if (index >= 0) return { kind: "conflict", index };
    const writes = all.filter(({ row }) => options.forgets?.(row) !== true);
    const given = new Map(writes.map((write) => [write, apply(partition, write, nextEtag)]));
    options.onCommit?.({ table, partition: name, writes });
    return { kind: "written", etags: all.map((write) => given.get(write) ?? "") };
  };
  return {
    ensure: async (wanted) => {
      for (const name of wanted) names.add(name);
    },
    table: (name) => tableOf(name, partitionOf, transact),
    peek: (table, partition, row) => partitionOf(table, partition).entries.get(escapeKey(row))?.cells,
    peekKeys: (table, partition, prefix) => keysBetween(partitionOf(table, partition).keys, escapeKey(prefix)),
  };
}

function mayWrite(entry: Entry | undefined, write: Write, options: Options): boolean {
  if (options.ignoresEtags === true) return true;
  return write.kind === "insert" ? entry === undefined : entry?.etag === write.etag;
}

function apply({ entries, keys }: Partition, write: Write, nextEtag: () => string): string {
  const key = escapeKey(write.row);
  const at = firstNotBelow(keys, key);
  if (write.kind === "remove") {
    if (entries.delete(key)) keys.splice(at, 1);
    return "";
  }
  if (!entries.has(key)) keys.splice(at, 0, key);
  const etag = nextEtag();
  entries.set(key, { row: write.row, cells: { ...write.cells }, etag });
  return etag;
}

function tableOf(
  name: string,
  partitionOf: (table: string, partition: string) => Partition,
  transact: (table: string, partition: string, writes: readonly Write[]) => Transacted,
): Table {
  const one = (partition: string, write: Write): Transacted => transact(name, partition, [write]);
  const written = (done: Transacted) =>
    done.kind === "conflict" ? { kind: "conflict" as const } : { kind: "written" as const, etag: done.etags[0] ?? "" };
  const rowOf = (partition: string, { row, cells, etag }: Entry): StoredRow => ({
    partition,
    row,
    etag,
    cells: { ...cells },
  });
  return {
    async read(key) {
      const entry = partitionOf(name, key.partition).entries.get(escapeKey(key.row));
      return entry === undefined ? undefined : rowOf(key.partition, entry);
    },
    insert: async ({ partition, row }, cells) => written(one(partition, { kind: "insert", row, cells })),
    replace: async ({ partition, row }, cells, etag) => written(one(partition, { kind: "replace", row, cells, etag })),
    remove: async ({ partition, row }, etag) =>
      one(partition, { kind: "remove", row, etag }).kind === "written" ? "removed" : "conflict",
    async transact(partition, writes) {
      checkTransaction(name, writes);
      return transact(name, partition, writes);
    },
    async list(query) {
      checkListLimit(name, query.limit);
      const { entries, keys } = partitionOf(name, query.partition);
      const { page, cursor } = pageOf(keys, query);
      const rows = page.map((key) => entries.get(key)).filter((entry) => entry !== undefined);
      return { rows: rows.map((entry) => rowOf(query.partition, entry)), cursor };
    },
  };
}

function pageOf(keys: readonly string[], { rowPrefix, rowFrom, limit, cursor }: ListQuery) {
  const prefix = escapeKey(rowPrefix ?? "");
  const first = escapeKey(rowFrom ?? "");
  const from = first > prefix ? first : prefix;
  const below = upperBound(prefix);
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  let start = firstNotBelow(keys, after !== undefined && after > from ? after : from);
  if (after !== undefined && keys[start] === after) start += 1;
  const end = below === undefined ? keys.length : firstNotBelow(keys, below);
  const page = keys.slice(start, Math.min(start + limit, end));
  const last = page.at(-1);
  return { page, cursor: start + limit < end && last !== undefined ? encodeCursor(last) : undefined };
}

function keysBetween(keys: readonly string[], from: string): readonly string[] {
  const below = upperBound(from);
  return keys.slice(firstNotBelow(keys, from), below === undefined ? undefined : firstNotBelow(keys, below));
}

/** Position of the first key that is not below `key`. */
function firstNotBelow(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
