// Limits of the requests that every implementation of Tables checks before it acts.
import { PermanentFailure } from "../../kernel/failures.ts";
import type { Write } from "./tables.ts";

const MAX_WRITES = 100;
const MAX_PAGE = 1000;

/** Throws PermanentFailure unless there are 1 to 100 writes of distinct rows. */
export function checkTransaction(table: string, writes: readonly Write[]): void {
  if (writes.length === 0 || writes.length > MAX_WRITES) {
    throw new PermanentFailure(
      `A transaction on table ${table} takes 1 to ${MAX_WRITES} writes, not ${writes.length}.`,
    );
  }
  const rows = new Set<string>();
  for (const { row } of writes) {
    if (rows.has(row)) {
      throw new PermanentFailure(`A transaction on table ${table} writes row ${JSON.stringify(row)} twice.`);
    }
    rows.add(row);
  }
}

/** Throws PermanentFailure unless the page size is 1 to 1,000. */
export function checkListLimit(table: string, limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new PermanentFailure(`A list of table ${table} takes a limit of 1 to ${MAX_PAGE}, not ${limit}.`);
  }
}
