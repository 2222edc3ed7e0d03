// A log in memory, and acts to write into it.

import { auditLog } from "../../../shared/audit/write-entries.ts";
import { auditStore } from "../../../shared/audit/store.ts";
import { listEntries, type EntryQuery } from "../../../shared/audit/list-entries.ts";
import type { Entry } from "../../../shared/audit/entry.ts";
import type { AuditedAct } from "../../../shared/platform/audit-log.ts";
import { seededIds } from "../../support/memory/seeded-ids.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import type { Tables } from "../../../shared/platform/tables/tables.ts";
import { AUDIT_TABLE } from "../../../shared/audit/resources.ts";

export const NOON = Date.UTC(2027, 1, 1, 12);
export const DAY = 86_400_000;

export const act = (changes: Partial<AuditedAct> = {}): AuditedAct => ({
  actor: { kind: "tool", clientId: "operator-a" },
  action: "pause-campaign",
  target: { campaignId: "c-1" },
  details: {},
  traceId: "trace-1",
  ...changes,
});

export async function createWorld(tables: Tables = memoryTables(), guard = (one: Tables): Tables => one) {
  await tables.ensure([AUDIT_TABLE]);
  const time = { now: NOON };
  const clock = { now: () => time.now };
  const store = auditStore(guard(tables));
  const raw = auditStore(tables);
  const list = (query: Partial<EntryQuery> = {}) => listEntries(raw.table, { limit: 100, ...query }, time.now);
  return {
    time,
    clock,
    log: memoryLog(),
    audit: auditLog({ store, clock, ids: seededIds("audit") }),
    list,
    /** All pages. */
    async all(query: Partial<EntryQuery> = {}) {
      const found: Entry[] = [];
      let [pages, cursor]: [number, string | undefined] = [0, undefined];
      do {
        const page = await list({ ...query, cursor });
        found.push(...page.items);
        cursor = page.cursor;
        pages += 1;
        if (pages > 1000) throw new Error("The pages do not end.");
      } while (cursor !== undefined);
      return { found, pages };
    },
  };
}
