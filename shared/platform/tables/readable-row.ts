// Where many rows are read, one that cannot be read must not hold up the others.

import { describeFailure, PermanentFailure } from "../../kernel/failures.ts";
import type { Log } from "../telemetry/log.ts";
import type { StoredRow } from "./tables.ts";

/** The value of the row; undefined, and an error in the log, when it does not fit its schema. */
export function readableRow<T>(row: StoredRow, decode: (row: StoredRow) => T, log?: Pick<Log, "error">): T | undefined {
  try {
    return decode(row);
  } catch (error) {
    if (!(error instanceof PermanentFailure)) throw error;
    log?.error("row.unreadable", { row: row.row, reason: describeFailure(error) });
    return undefined;
  }
}
