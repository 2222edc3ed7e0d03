// The app registration of the API in Entra ID: identifier, app roles of shared/capabilities.ts, v2 tokens, and the
// one role assignment that action groups need for the secure webhook. May run again at any time: it changes what differs.

import { createHash } from "node:crypto";
import { z } from "zod";
import { SetupError, type Az } from "./az.ts";
import { ROLES } from "../../shared/capabilities.ts";

/** "AzNS AAD Webhook": the application that action groups sign in as, the same in every tenant. */
const ACTION_GROUPS_APP = "461e8683-5575-4561-ac7f-899cc907d62a";
const WEBHOOK_ROLE = "ActionGroupsSecureWebhook";
const GRAPH = "https://graph.microsoft.com/v1.0";

const roleSchema = z.looseObject({ id: z.string(), value: z.string().nullable(), isEnabled: z.boolean() });
const applicationSchema = z.object({
  id: z.string(),
  appId: z.string(),
  appRoles: z.array(roleSchema),
  identifierUris: z.array(z.string()),
});
const principalSchema = z.object({ id: z.string(), appId: z.string() });
const assignmentsSchema = z.object({ value: z.array(z.object({ principalId: z.string(), appRoleId: z.string() })) });

type ExistingRole = z.output<typeof roleSchema>;

export interface Registration {
  readonly clientId: string;
  readonly objectId: string;
  readonly identifierUri: string;
}

/**
 * The roles as Entra must have them: those that exist keep their id, new ones get one that follows from their name.
 * A role that is no longer declared is switched off, not deleted: Entra refuses to delete one that is on, and what
 * people were given shall not vanish by a slip.
 */
export function plannedRoles(existing: readonly ExistingRole[]): readonly Readonly<Record<string, unknown>>[] {
  const wanted = Object.entries(ROLES).map(([value, description]) => ({
    id: existing.find((one) => one.value === value)?.id ?? roleId(value),
    value,
    displayName: value,
    description,
    allowedMemberTypes: ["User", "Application"],
    isEnabled: true,
  }));
  const values = new Set<string>(Object.keys(ROLES));
  const gone = existing.filter(({ value }) => value === null || !values.has(value));
  return [...wanted, ...gone.map((role) => ({ ...role, isEnabled: false }))];
}

/** A GUID that follows from the role's name, so that two tenants have the same ids. */
function roleId(value: string): string {
  const hex = createHash("sha256").update(`docuware-cloud-operations/${value}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Makes or corrects the registration. Throws SetupError when the directory refuses. */
export function ensureRegistration(az: Az, displayName: string, identifierUri: string): Registration {
  const application = findOrCreate(az, displayName, identifierUri);
  const body = {
    identifierUris: [identifierUri],
    api: { requestedAccessTokenVersion: 2 },
    appRoles: plannedRoles(application.appRoles),
  };
  patch(az, `${GRAPH}/applications/${application.id}`, body);
  const api = ensurePrincipal(az, application.appId);
  allowActionGroups(az, api.id, rolesOf(body.appRoles));
  return { clientId: application.appId, objectId: application.id, identifierUri };
}

function findOrCreate(az: Az, displayName: string, identifierUri: string) {
  const found = z.array(applicationSchema).parse(az(["ad", "app", "list", "--identifier-uri", identifierUri]) ?? []);
  const [application] = found;
  if (application !== undefined) return application;
  const made = az(["ad", "app", "create", "--display-name", displayName, "--sign-in-audience", "AzureADMyOrg"]);
  return applicationSchema.parse(made);
}

function ensurePrincipal(az: Az, appId: string) {
  const found = z.array(principalSchema).parse(az(["ad", "sp", "list", "--filter", `appId eq '${appId}'`]) ?? []);
  return found[0] ?? principalSchema.parse(az(["ad", "sp", "create", "--id", appId]));
}

const rolesOf = (roles: readonly Readonly<Record<string, unknown>>[]): ReadonlyMap<string, string> =>
  new Map(roles.map(({ value, id }) => [String(value), String(id)]));

/** Action groups may call the webhook only while they hold the role. */
function allowActionGroups(az: Az, apiPrincipalId: string, roles: ReadonlyMap<string, string>): void {
  const appRoleId = roles.get(WEBHOOK_ROLE);
  if (appRoleId === undefined) throw new SetupError(`The app declares no role ${WEBHOOK_ROLE}.`);
  const caller = ensurePrincipal(az, ACTION_GROUPS_APP);
  const url = `${GRAPH}/servicePrincipals/${apiPrincipalId}/appRoleAssignedTo`;
  const { value } = assignmentsSchema.parse(az(["rest", "--method", "get", "--url", url]));
  if (value.some((one) => one.principalId === caller.id && one.appRoleId === appRoleId)) return;
  send(az, "post", url, { principalId: caller.id, resourceId: apiPrincipalId, appRoleId });
}

const patch = (az: Az, url: string, body: unknown): void => send(az, "patch", url, body);

function send(az: Az, method: string, url: string, body: unknown): void {
  az([
    "rest",
    "--method",
    method,
    "--url",
    url,
    "--headers",
    "Content-Type=application/json",
    "--body",
    JSON.stringify(body),
  ]);
}
