// What waits to be done, as rows beside those that they stand for, in the same partition. The entry of an owner is written,
// moved and removed in the transaction that changes the owner: it is in the queue as long as it waits, whoever dies when.

import { isDeepStrictEqual } from "node:util";
import type { PlatformLog } from "../signals.ts";
import { allRows, type Table, type Write, type Written, writtenAt } from "./tables.ts";
import { readableRow } from "./readable-row.ts";
import type { RowCodec } from "./row-codec.ts";

export interface QueueOf<T, E> {
  /** All rows with this beginning are entries. */
  readonly prefix: string;
  readonly codec: RowCodec<E>;
  /** The entry while it waits; undefined when it does not. */
  readonly entryOf: (owner: T) => { readonly row: string; readonly entry: E } | undefined;
  /** Hears of entries that cannot be read: they hold up nobody. */
  readonly log?: PlatformLog | undefined;
}

type Replacement = Write & { readonly kind: "replace" };

export type PendingQueue<T, E> = ReturnType<typeof pendingQueue<T, E>>;

export function pendingQueue<T, E>(table: Table, { prefix, codec, entryOf, log }: QueueOf<T, E>) {
  const placeOf = (owner: T) => {
    const place = entryOf(owner);
    return place === undefined ? undefined : { row: place.row, cells: codec.encode(place.entry) };
  };

  async function requeue(partition: string, before: T, after: T): Promise<readonly Write[] | "conflict"> {
    const [old, fresh] = [placeOf(before), placeOf(after)];
    if (old === undefined) return insertion(after);
    if (isDeepStrictEqual(old, fresh)) return [];
    const present = await table.read({ partition, row: old.row });
    // Owner and entry change together: an entry that is gone means that the owner has changed.
    if (present === undefined) return "conflict";
    const { row, etag } = present;
    if (fresh?.row === row) return [{ kind: "replace", row, cells: fresh.cells, etag }];
    return [{ kind: "remove", row, etag }, ...insertion(after)];
  }

  /** The entry of a new owner, for the transaction that inserts it: none when it does not wait. */
  const insertion = (owner: T): readonly Write[] => {
    const place = placeOf(owner);
    return place === undefined ? [] : [{ kind: "insert", ...place }];
  };

  return {
    insertion,
    /** The owner's next row and what follows from it for the queue, together or not at all. */
    async save(partition: string, replacement: Replacement, before: T, after: T): Promise<Written> {
      const requeued = await requeue(partition, before, after);
      if (requeued === "conflict") return { kind: "conflict" };
      return writtenAt(await table.transact(partition, [replacement, ...requeued]));
    },
    /** In the order of their rows, read page by page while it is asked for more. */
    async *entries(partition: string): AsyncGenerator<E> {
      for await (const row of allRows(table, { partition, rowPrefix: prefix })) {
        const entry = readableRow(row, ({ cells }) => codec.decode(cells, row), log);
        if (entry !== undefined) yield entry;
      }
    },
  };
}
