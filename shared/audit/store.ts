// Rows of the audit log, in the table AuditEntries. They are inserted, never replaced and never removed. Partition = day
// (UTC) and one of four shards; row = time (later ones have smaller keys), entry, and `i` for the intent or `o` for the
// outcome, so that an outcome stands right behind its intent and a day reads newest first.

import { newestFirst } from "../kernel/time/time-keys.ts";
import { DAY_MS } from "../kernel/time/durations.ts";
import { TransientFailure } from "../kernel/failures.ts";
import { bucketOf } from "../kernel/bucket.ts";
import type { Intent } from "../platform/audit-log.ts";
import { rowCodec } from "../platform/tables/row-codec.ts";
import type { Cells, RowKey, StoredRow, Table, Tables } from "../platform/tables/tables.ts";
import { concludedSchema, entrySchema, type Concluded, type Entry } from "./entry.ts";
import { part } from "../kernel/text.ts";
import { AUDIT_TABLE } from "./resources.ts";

export const AUDIT_SHARDS = 4;

const entries = rowCodec(entrySchema, AUDIT_TABLE);
const outcomes = rowCodec(concludedSchema, AUDIT_TABLE);

const INTENT = "|i";
const OUTCOME = "|o";
/** A write whose answer was lost may be repeated: nobody else writes a row of this entry. */
const ATTEMPTS = 2;

/** The day in UTC that holds an instant, as the instant of its start. */
export const dayOf = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS;
export const partitionOf = (day: number, shard: number): string =>
  `${part(new Date(day).toISOString(), 0, 10)}|${shard}`;

const stemOf = ({ at, entryId }: Intent): string => `${newestFirst(at)}|${entryId}`;
const partitionOfEntry = ({ at, entryId }: Intent): string => partitionOf(dayOf(at), bucketOf(entryId, AUDIT_SHARDS));

export type AuditStore = ReturnType<typeof auditStore>;

export function auditStore(tables: Tables) {
  const table = tables.table(AUDIT_TABLE);
  return {
    table,
    append: (entry: Entry): Promise<void> =>
      insert(table, { partition: partitionOfEntry(entry), row: stemOf(entry) + INTENT }, entries.encode(entry)),
    /** The first outcome of an entry stands. */
    conclude: (intent: Intent, outcome: Concluded): Promise<void> =>
      insert(table, { partition: partitionOfEntry(intent), row: stemOf(intent) + OUTCOME }, outcomes.encode(outcome)),
  };
}

/** A conflict is the own write of before, whose answer was lost. */
async function insert(table: Table, key: RowKey, cells: Cells): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await table.insert(key, cells);
      return;
    } catch (error) {
      const mayRepeat = error instanceof TransientFailure && error.retryAfterMs === undefined && attempt < ATTEMPTS;
      if (!mayRepeat) throw error;
    }
  }
}

/** An entry and the key by which entries of a day are in order, whatever their shard. */
export interface KeyedEntry {
  readonly key: string;
  readonly entry: Entry;
}

/** The entries whose intents are among these neighbouring rows of one partition. */
export async function entriesOf(table: Table, rows: readonly StoredRow[]): Promise<readonly KeyedEntry[]> {
  const found = rows.map(async (row, index): Promise<readonly KeyedEntry[]> => {
    if (!row.row.endsWith(INTENT)) return [];
    const key = part(row.row, 0, -INTENT.length);
    const outcome = { partition: row.partition, row: key + OUTCOME };
    // Only behind the last row of a page it must be asked for.
    const next = index === rows.length - 1 ? await table.read(outcome) : rows[index + 1];
    const concluded = next?.row === outcome.row ? outcomes.decode(next.cells, next) : {};
    return [{ key, entry: { ...entries.decode(row.cells, row), ...concluded } }];
  });
  return (await Promise.all(found)).flat();
}
