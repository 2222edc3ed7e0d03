// The app roles of the API. infra/entra/app-roles.json is the source (Bicep and the token issuer read it); the union
// type stands here, and a unit test compares both.

export const ROLES = [
  "Organisations.Read",
  "Organisations.Write",
  "Upgrades.Read",
  "Upgrades.Manage",
  "Checks.Read",
  "Checks.Run",
  "Incidents.Read",
  "Incidents.Respond",
  "Usage.Read",
  "Usage.Write",
  "Audit.Read",
  "Audit.Write",
  "Administrators.Read",
  "Administrators.Write",
  "ActionGroupsSecureWebhook",
] as const;
export type Role = (typeof ROLES)[number];

const KNOWN: ReadonlySet<string> = new Set(ROLES);

export const isRole = (text: string): text is Role => KNOWN.has(text);
