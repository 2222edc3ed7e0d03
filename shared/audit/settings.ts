import { auditStorage } from "../platform/settings/azure-access.ts";

export const auditSettings = { auditStorage: auditStorage() } as const;
