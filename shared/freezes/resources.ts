import type { Resources } from "../platform/resources.ts";

export const FREEZES_TABLE = "Freezes";

export const freezeResources = {
  tables: [{ name: FREEZES_TABLE, purpose: "Periods without upgrades." }],
} as const satisfies Resources;
