import type { Resources } from "../platform/resources.ts";

export const ORGANISATIONS_TABLE = "Organisations";

export const organisationResources = {
  tables: [{ name: ORGANISATIONS_TABLE, purpose: "The registry: one row per organisation." }],
  roles: {
    "Organisations.Read": "Read the registry of organisations.",
    "Organisations.Write": "Change the registry of organisations.",
  },
} as const satisfies Resources;
