// The real audit log over tables in memory, for tests of other things.

import { auditStore } from "../../shared/audit/store.ts";
import { auditLog } from "../../shared/audit/write-entries.ts";
import type { AuditLog } from "../../shared/platform/audit-log.ts";
import { systemIds } from "../../shared/platform/ids.ts";
import { memoryTables } from "./memory/memory-tables.ts";
import { AUDIT_TABLE } from "../../shared/audit/resources.ts";

export function anAuditLog(): AuditLog {
  const tables = memoryTables(AUDIT_TABLE);
  return auditLog({ store: auditStore(tables), clock: { now: () => Date.UTC(2026, 10, 24, 12) }, ids: systemIds });
}
