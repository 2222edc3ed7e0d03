// The audit log, bound to its tables once: for the composition root.

import type { Clock } from "../platform/clock/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { Tables } from "../platform/tables/tables.ts";
import { listEntries, type EntryQuery } from "./list-entries.ts";
import { AUDIT_TABLE } from "./resources.ts";
import { auditStore } from "./store.ts";
import { auditLog } from "./write-entries.ts";

export interface AuditNeeds {
  readonly tables: Tables;
  readonly clock: Clock;
  /** Right even while the clock of this instance is wrong: reading goes on. */
  readonly trustedClock: Clock;
  readonly ids: Ids;
}

/** Of the readiness probe: that an answer comes is what counts. */
const NO_ROW = { partition: "readiness", row: "readiness" };

export type AuditVerbs = ReturnType<typeof auditVerbs>;

export function auditVerbs({ tables, clock, trustedClock, ids }: AuditNeeds) {
  const table = tables.table(AUDIT_TABLE);
  return {
    log: auditLog({ store: auditStore(tables), clock, ids }),
    list: (query: EntryQuery) => listEntries(table, query, trustedClock.now()),
    /** Throws when the log cannot be reached: then every changing call is refused. */
    reach: async () => void (await table.read(NO_ROW)),
  };
}
