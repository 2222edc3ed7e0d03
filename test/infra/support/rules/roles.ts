// Who may do what: the role assignments of a stack are exactly this matrix.

import {
  at,
  differences,
  ofType,
  shortId,
  textOf,
  type Profile,
  type Resource,
  type Rules,
  type Stack,
} from "../stack.ts";
import { QUEUES } from "../../../../shared/capabilities.ts";

const ROLE_NAMES: Readonly<Record<string, string>> = {
  "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
  "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
  "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
  "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
  "76199698-9eea-4c19-bc75-cec21354c6b6": "Storage Table Data Reader",
  "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0": "Azure Service Bus Data Receiver",
  "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39": "Azure Service Bus Data Sender",
  "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
  "73c42c96-874c-492b-b04d-ab87d138a893": "Log Analytics Reader",
  "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
};

const MAIL_ACTIONS = [
  "Microsoft.Communication/CommunicationServices/Read",
  "Microsoft.Communication/CommunicationServices/Write",
  "Microsoft.Communication/EmailServices/Write",
];

const ENTITIES = "Microsoft.Storage/storageAccounts/tableServices/tables/entities";
const AUDIT_ACTIONS = [`${ENTITIES}/read`, `${ENTITIES}/add/action`];

/** Only Event Grid sends into it. */
const REPORTS = "mail-reports";

/** `who: role on scope`. */
function matrix(profile: Profile): readonly string[] {
  return [
    "app: Storage Blob Data Owner on host storage",
    "app: Storage Table Data Contributor on data storage",
    "app: audit writer on audit storage",
    "app: Monitoring Metrics Publisher on insights",
    "app: mail sender on communication",
    "alerts: Log Analytics Reader on workspace",
    ...QUEUES.map(({ name }) => `app: Azure Service Bus Data Receiver on queue ${name}`),
    ...QUEUES.map(
      ({ name }) => `${name === REPORTS ? "events" : "app"}: Azure Service Bus Data Sender on queue ${name}`,
    ),
    ...(profile.hasVault ? ["app: Key Vault Secrets User on vault"] : []),
    ...(profile.hasReaders
      ? ["group: Storage Table Data Reader on data storage", "group: Storage Blob Data Reader on data storage"]
      : []),
  ];
}

export const ROLES_RULES: Rules = {
  "rights are those of the matrix": (stack) => {
    const definitions = ofType(stack, "Microsoft.Authorization/roleDefinitions");
    const custom = new Map(definitions.map((one) => [one.id, customName(one)] as const));
    const found = ofType(stack, "Microsoft.Authorization/roleAssignments").map((one) => said(one, custom));
    return differences("rights", found, matrix(stack.profile));
  },
  "rights say what kind of principal has them": (stack) =>
    ofType(stack, "Microsoft.Authorization/roleAssignments")
      .filter((one) => !["ServicePrincipal", "Group"].includes(textOf(at(one, "properties.principalType"))))
      .map(({ id }) => `${shortId(id)}: no principalType`),
  "the mail role sends and does nothing else": (stack) =>
    permissionsOf(stack, "mail sender", { actions: MAIL_ACTIONS, notActions: [], dataActions: [], notDataActions: [] }),
  "the audit role adds and reads and does nothing else": (stack) =>
    permissionsOf(stack, "audit writer", {
      actions: [],
      notActions: [],
      dataActions: AUDIT_ACTIONS,
      notDataActions: [],
    }),
};

/** Our own roles by the beginning of their name. */
const customName = (definition: Resource): string =>
  textOf(at(definition, "properties.roleName"))
    .replace(/ of .*/, "")
    .toLowerCase();

function permissionsOf(stack: Stack, name: string, permissions: object): readonly string[] {
  const found = ofType(stack, "Microsoft.Authorization/roleDefinitions").filter((one) => customName(one) === name);
  const texts = found.map((one) => JSON.stringify(at(one, "properties.permissions")));
  return differences(`permissions of ${name}`, texts, [JSON.stringify([permissions])]);
}

function said(assignment: Resource, custom: ReadonlyMap<string, string>): string {
  const roleId = textOf(at(assignment, "properties.roleDefinitionId"));
  const role = custom.get(roleId) ?? ROLE_NAMES[roleId.split("/").at(-1) ?? ""] ?? `unknown ${roleId}`;
  return `${principal(textOf(at(assignment, "properties.principalId")))}: ${role} on ${scope(assignment.id)}`;
}

const principal = (text: string): string =>
  /userAssignedIdentities\/id-(\w+)-/.exec(text)?.[1] ?? (/^[0-9a-f-]{36}$/.test(text) ? "group" : text);

function scope(id: string): string {
  const path = shortId(id).replace(/\/providers\/Microsoft\.Authorization\/.*/, "");
  const known: readonly (readonly [RegExp, string])[] = [
    [/\/containers\/([\w-]+)$/, "container $1"],
    [/\/storageAccounts\/\w+h$/, "host storage"],
    [/\/storageAccounts\/\w+d$/, "data storage"],
    [/\/storageAccounts\/\w+a$/, "audit storage"],
    [/\/namespaces\/[\w-]+\/queues\/([\w-]+)$/, "queue $1"],
    [/\/Microsoft\.Insights\/components\/[\w-]+$/, "insights"],
    [/\/workspaces\/[\w-]+$/, "workspace"],
    [/\/communicationServices\/[\w-]+$/, "communication"],
    [/\/vaults\/\w+$/, "vault"],
  ];
  for (const [pattern, name] of known) {
    const match = pattern.exec(path);
    if (match !== null) return name.replace("$1", match[1] ?? "");
  }
  return path === "" ? "the whole resource group" : path;
}
