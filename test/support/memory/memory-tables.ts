// Tables in memory for tests and simulations: the same outcomes as Azure Tables, deterministic etags, no I/O.
import { PermanentFailure } from "../../../shared/kernel/failures.ts";
import { decodeCursor, encodeCursor } from "../../../shared/platform/tables/cursor.ts";
import { checkCells, checkListLimit, checkTransaction } from "../../../shared/platform/tables/table-requests.ts";
import { escapeKey, upperBound } from "../../../shared/platform/tables/table-keys.ts";
import type {
  Cells,
  ListQuery,
  RowKey,
  StoredRow,
  Table,
  Tables,
  Transacted,
  Write,
  Written,
} from "../../../shared/platform/tables/tables.ts";

interface Entry {
  readonly row: string;
  readonly cells: Cells;
  readonly etag: string;
}

/** Escaped row key -> entry. */
type Partition = Map<string, Entry>;

class MemoryTable implements Table {
  readonly #name: string;
  readonly #partitions = new Map<string, Partition>();
  readonly #nextEtag: () => string;

  constructor(name: string, nextEtag: () => string) {
    this.#name = name;
    this.#nextEtag = nextEtag;
  }

  async read(key: RowKey): Promise<StoredRow | undefined> {
    const entry = this.#partition(key.partition).get(escapeKey(key.row));
    return entry === undefined ? undefined : { ...entry, partition: key.partition, cells: { ...entry.cells } };
  }

  async insert(key: RowKey, cells: Cells): Promise<Written> {
    return this.#write(key.partition, { kind: "insert", row: key.row, cells });
  }

  async replace(key: RowKey, cells: Cells, etag: string): Promise<Written> {
    return this.#write(key.partition, { kind: "replace", row: key.row, cells, etag });
  }

  async remove(key: RowKey, etag: string): Promise<"removed" | "conflict"> {
    const outcome = this.#write(key.partition, { kind: "remove", row: key.row, etag });
    return outcome.kind === "written" ? "removed" : "conflict";
  }

  async transact(partition: string, writes: readonly Write[]): Promise<Transacted> {
    checkTransaction(this.#name, writes);
    const rows = this.#partition(partition);
    for (const write of writes) this.#check(write);
    const index = writes.findIndex((write) => !isAllowed(rows.get(escapeKey(write.row)), write));
    if (index >= 0) return { kind: "conflict", index };
    return { kind: "written", etags: writes.map((write) => this.#apply(rows, write)) };
  }

  async list(query: ListQuery): Promise<{ rows: readonly StoredRow[]; cursor: string | undefined }> {
    checkListLimit(this.#name, query.limit);
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const prefix = escapeKey(query.rowPrefix ?? "");
    const from = escapeKey(query.rowFrom ?? "");
    const below = upperBound(prefix);
    const inside = [...this.#partition(query.partition)]
      .filter(
        ([key]) =>
          key >= prefix && key >= from && (below === undefined || key < below) && (after === undefined || key > after),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const page = inside.slice(0, query.limit);
    const last = page.at(-1)?.[0];
    return {
      rows: page.map(([, entry]) => ({ ...entry, partition: query.partition, cells: { ...entry.cells } })),
      cursor: inside.length > page.length && last !== undefined ? encodeCursor(last) : undefined,
    };
  }

  #partition(name: string): Partition {
    const key = escapeKey(name);
    const existing = this.#partitions.get(key);
    if (existing !== undefined) return existing;
    const created: Partition = new Map();
    this.#partitions.set(key, created);
    return created;
  }

  #check(write: Write): void {
    escapeKey(write.row);
    if (write.kind !== "remove") checkCells(this.#name, write.row, write.cells);
  }

  #write(partition: string, write: Write): Written {
    const rows = this.#partition(partition);
    this.#check(write);
    if (!isAllowed(rows.get(escapeKey(write.row)), write)) return { kind: "conflict" };
    return { kind: "written", etag: this.#apply(rows, write) };
  }

  #apply(rows: Partition, write: Write): string {
    const key = escapeKey(write.row);
    if (write.kind === "remove") {
      rows.delete(key);
      return "";
    }
    const etag = this.#nextEtag();
    rows.set(key, { row: write.row, cells: { ...write.cells }, etag });
    return etag;
  }
}

function isAllowed(entry: Entry | undefined, write: Write): boolean {
  return write.kind === "insert" ? entry === undefined : entry?.etag === write.etag;
}

/** Empty tables in memory; as in Azure, a table must be `ensure`d before it is used. Etags count up from 1. */
/** With these tables, or none until `ensure`. */
export function memoryTables(...names: readonly string[]): Tables {
  const tables = new Map<string, MemoryTable>();
  let etags = 0;
  const nextEtag = () => `W/"${(etags += 1)}"`;
  const existing = (name: string): MemoryTable => {
    const table = tables.get(name);
    if (table === undefined) {
      throw new PermanentFailure(`Table ${name} does not exist. Create it by Bicep or, locally, by Tables.ensure.`);
    }
    return table;
  };
  const ensure = (made: readonly string[]): void => {
    for (const name of made) {
      if (!tables.has(name)) tables.set(name, new MemoryTable(name, nextEtag));
    }
  };
  ensure(names);
  return {
    table: (name) => ({
      read: async (key) => existing(name).read(key),
      insert: async (key, cells) => existing(name).insert(key, cells),
      replace: async (key, cells, etag) => existing(name).replace(key, cells, etag),
      remove: async (key, etag) => existing(name).remove(key, etag),
      transact: async (partition, writes) => existing(name).transact(partition, writes),
      list: async (query) => existing(name).list(query),
    }),
    ensure: async (made) => ensure(made),
  };
}
