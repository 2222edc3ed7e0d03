import type { Resources } from "../platform/resources.ts";

export const AUDIT_TABLE = "AuditEntries";

export const auditResources = {
  tables: [
    { name: AUDIT_TABLE, purpose: "Intents and outcomes of everything that people do; appended, never changed." },
  ],
  roles: { "Audit.Read": "Read the audit log.", "Audit.Write": "Deliver audit events." },
} as const satisfies Resources;
