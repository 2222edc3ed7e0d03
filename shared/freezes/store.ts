// Rows of the freezes: one partition, one row per freeze (`f|id`) and one that every written freeze changes (`revision`),
// in one transaction with it. Two freezes that are each harmless can together be too much; so who checked against a
// list that is no longer true must lose the race.

import { defined } from "../kernel/defined.ts";
import { PermanentFailure } from "../kernel/failures.ts";
import { freezeSchema, type Freeze } from "../kernel/time/freeze.ts";
import { allRows, type StoredRow, type Tables, type Write, type Written } from "../platform/tables/tables.ts";
import { rowCodec } from "../platform/tables/row-codec.ts";
import { FREEZES_TABLE } from "./resources.ts";

/** Every upgrade decision reads all freezes. */
export const MAX_FREEZES = 1000;

export interface StoredFreeze {
  readonly freeze: Freeze;
  readonly etag: string;
}

/** The list at one moment, for a write that must lose when another one came first. */
export interface FreezePicture {
  readonly stored: readonly StoredFreeze[];
  readonly revision: { readonly changes: number; readonly etag: string | undefined };
}

/** `overtaken`: another freeze was written since the picture; `conflict`: this one was. */
type FreezeWritten = Written | { readonly kind: "overtaken" };

export type FreezeStore = ReturnType<typeof freezeStore>;

const PARTITION = "freezes";
const REVISION = "revision";
const PREFIX = "f|";
const codec = rowCodec(freezeSchema, FREEZES_TABLE);
const rowOf = (freezeId: string): string => `${PREFIX}${freezeId}`;
const stored = (row: StoredRow): StoredFreeze => ({ freeze: codec.decode(row.cells, row), etag: row.etag });

export function freezeStore(tables: Tables) {
  const table = tables.table(FREEZES_TABLE);
  const key = (freezeId: string) => ({ partition: PARTITION, row: rowOf(freezeId) });
  const allStored = async (): Promise<readonly StoredFreeze[]> => {
    const found: StoredFreeze[] = [];
    for await (const row of allRows(table, { partition: PARTITION, rowPrefix: PREFIX })) {
      if (found.length === MAX_FREEZES) {
        throw new PermanentFailure(`Table ${FREEZES_TABLE} holds more than ${MAX_FREEZES} freezes; delete old ones.`);
      }
      found.push(stored(row));
    }
    return found;
  };
  return {
    /** All freezes, at most `MAX_FREEZES`. */
    all: async (): Promise<readonly Freeze[]> => (await allStored()).map(({ freeze }) => freeze),
    async picture(): Promise<FreezePicture> {
      // Before the list: a freeze written in between then fails the write, and is not missed.
      const row = await table.read({ partition: PARTITION, row: REVISION });
      return { revision: { changes: Number(row?.cells["changes"] ?? 0), etag: row?.etag }, stored: await allStored() };
    },
    async read(freezeId: string): Promise<StoredFreeze | undefined> {
      const row = await table.read(key(freezeId));
      return row === undefined ? undefined : stored(row);
    },
    /** Inserts, or replaces the one with the etag. */
    async write(freeze: Freeze, { revision }: FreezePicture, etag: string | undefined): Promise<FreezeWritten> {
      const own = { row: rowOf(freeze.freezeId), cells: codec.encode(freeze) };
      const next = { row: REVISION, cells: { changes: revision.changes + 1 } };
      const written = await table.transact(PARTITION, [put(next, revision.etag), put(own, etag)]);
      if (written.kind === "written") return { kind: "written", etag: written.etags[1] ?? "" };
      return { kind: written.index === 0 ? "overtaken" : "conflict" };
    },
    remove: (freezeId: string, etag: string) => table.remove(key(freezeId), etag),
    /** Ascending by id. */
    async list(limit: number, cursor?: string) {
      const query = { partition: PARTITION, rowPrefix: PREFIX, limit };
      const page = await table.list({ ...query, ...defined({ cursor }) });
      return { items: page.rows.map(stored), cursor: page.cursor };
    },
  };
}

const put = (row: Pick<Write & { kind: "insert" }, "row" | "cells">, etag: string | undefined): Write =>
  etag === undefined ? { kind: "insert", ...row } : { kind: "replace", ...row, etag };
