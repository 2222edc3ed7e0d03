// Where many rows are read, one that cannot be read must not hold up the others.

import { defined } from "../../kernel/defined.ts";
import { describeFailure, PermanentFailure } from "../../kernel/failures.ts";
import type { PlatformLog } from "../signals.ts";
import type { ListQuery, StoredRow, Table } from "./tables.ts";

/** The value of the row; undefined, and an error in the log, when it does not fit its schema. */
export function readableRow<T>(row: StoredRow, decode: (row: StoredRow) => T, log?: PlatformLog): T | undefined {
  try {
    return decode(row);
  } catch (error) {
    if (!(error instanceof PermanentFailure)) throw error;
    log?.event("row.unreadable", { row: row.row, reason: describeFailure(error) });
    return undefined;
  }
}

/** The first rows that can be read, as many as `limit` where there are so many. */
export async function readableRows<T>(
  table: Table,
  query: Omit<ListQuery, "cursor">,
  decode: (row: StoredRow) => T,
  log?: PlatformLog,
): Promise<readonly T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await table.list({ ...query, ...defined({ cursor }) });
    found.push(...page.rows.flatMap((row) => readableRow(row, decode, log) ?? []));
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < query.limit);
  return found.slice(0, query.limit);
}
