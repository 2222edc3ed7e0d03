// Keys, transport, network, evidence, secrets.

import { SECRET_VALUE } from "../environment.ts";
import { at, differences, list, ofType, shortId, textOf, wanted, type Rules } from "../stack.ts";

const STORAGE = "Microsoft.Storage/storageAccounts";
const BUS = "Microsoft.ServiceBus/namespaces";
const VAULT = "Microsoft.KeyVault/vaults";
const CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers";
/** Group of the endpoint and end of the name of its target. */
const ENDPOINTS = ["blob of st*h", "table of st*d", "table of st*a", "namespace of sb-*"] as const;
const CLOSED = { true: "Disabled", false: "Enabled" } as const;

export const SECURITY: Rules = {
  "keys are off": (stack) => [
    ...wanted(stack, STORAGE, "properties.allowSharedKeyAccess", false),
    ...wanted(stack, STORAGE, "properties.defaultToOAuthAuthentication", true),
    ...wanted(stack, STORAGE, "properties.isLocalUserEnabled", false),
    ...wanted(stack, BUS, "properties.disableLocalAuth", true),
    ...wanted(stack, "Microsoft.Communication/communicationServices", "properties.disableLocalAuth", true),
    ...wanted(stack, "Microsoft.Insights/components", "properties.DisableLocalAuth", true),
    ...wanted(stack, "Microsoft.OperationalInsights/workspaces", "properties.features.disableLocalAuth", true),
    ...wanted(stack, "Microsoft.Web/sites/basicPublishingCredentialsPolicies", "properties.allow", false),
    ...differences(
      "publishing credentials",
      ofType(stack, "Microsoft.Web/sites/basicPublishingCredentialsPolicies").map(
        (one) => one.id.split("/").at(-1) ?? "",
      ),
      ["ftp", "scm"],
    ),
  ],
  "transport is encrypted": (stack) => [
    ...wanted(stack, STORAGE, "properties.minimumTlsVersion", "TLS1_2"),
    ...wanted(stack, STORAGE, "properties.supportsHttpsTrafficOnly", true),
    ...wanted(stack, BUS, "properties.minimumTlsVersion", "1.2"),
    ...wanted(stack, "Microsoft.Web/sites", "properties.httpsOnly", true),
    ...wanted(stack, "Microsoft.Web/sites", "properties.siteConfig.minTlsVersion", "1.2"),
  ],
  "blobs are not public": (stack) => [
    ...wanted(stack, STORAGE, "properties.allowBlobPublicAccess", false),
    ...wanted(stack, STORAGE, "properties.allowCrossTenantReplication", false),
    ...wanted(stack, CONTAINER, "properties.publicAccess", "None"),
  ],
  "blobs can be restored": (stack) =>
    ofType(stack, `${STORAGE}/blobServices`).flatMap((one) =>
      ["deleteRetentionPolicy", "containerDeleteRetentionPolicy"].flatMap((policy) =>
        at(one, `properties.${policy}.enabled`) === true && Number(at(one, `properties.${policy}.days`)) >= 14
          ? []
          : [`${shortId(one.id)}: ${policy} is off or under 14 days`],
      ),
    ),
  "evidence cannot be changed": (stack) => [
    ...differences(
      "tables of the audit account",
      ofType(stack, `${STORAGE}/tableServices/tables`)
        .filter(({ id }) => /\/storageAccounts\/\w+a\//.test(id))
        .map(({ id }) => id.split("/").at(-1) ?? ""),
      ["AuditEntries"],
    ),
    // Who changes a row, or tries to, is in the logs.
    ...differences(
      "logs of the audit table",
      ofType(stack, "Microsoft.Insights/diagnosticSettings")
        .filter(({ id }) => /\/storageAccounts\/\w+a\/tableServices\//.test(id))
        .flatMap((one) => list(at(one, "properties.logs")))
        .filter((log) => at(log, "enabled") === true)
        .map((log) => textOf(at(log, "category"))),
      ["StorageWrite", "StorageDelete"],
    ),
  ],
  "data cannot be deleted": (stack) =>
    differences(
      "locks",
      ofType(stack, "Microsoft.Authorization/locks").map(
        (one) => `${textOf(at(one, "properties.level"))} on ${storageKind(one.id)}`,
      ),
      stack.profile.hasLocks ? ["CanNotDelete on data", "CanNotDelete on audit"] : [],
    ),
  "private profiles are closed": (stack) => {
    const closed = CLOSED[`${stack.profile.isPrivate}`];
    const vaults = stack.profile.hasVault ? wanted(stack, VAULT, "properties.publicNetworkAccess", closed) : [];
    return [
      ...wanted(stack, STORAGE, "properties.publicNetworkAccess", closed),
      ...wanted(stack, STORAGE, "properties.networkAcls.defaultAction", stack.profile.isPrivate ? "Deny" : "Allow"),
      ...wanted(stack, BUS, "properties.publicNetworkAccess", closed),
      ...vaults,
      ...differences("private endpoints", endpointsOf(stack.resources), expectedEndpoints(stack.profile)),
      ...(stack.profile.isPrivate
        ? wanted(stack, `${BUS}/networkRuleSets`, "properties.trustedServiceAccessEnabled", true)
        : []),
    ];
  },
  "every endpoint has a name record": (stack) => {
    const groups = new Set(
      ofType(stack, "Microsoft.Network/privateEndpoints/privateDnsZoneGroups").map(({ id }) =>
        id.replace(/\/privateDnsZoneGroups\/.*/, ""),
      ),
    );
    const zones = ofType(stack, "Microsoft.Network/privateDnsZones").length;
    const links = ofType(stack, "Microsoft.Network/privateDnsZones/virtualNetworkLinks").length;
    return [
      ...ofType(stack, "Microsoft.Network/privateEndpoints")
        .filter(({ id }) => !groups.has(id))
        .map(({ id }) => `${shortId(id)}: no DNS zone group`),
      ...(zones === links ? [] : [`${zones} private DNS zones have ${links} links`]),
    ];
  },
  "subnets have rules": (stack) =>
    ofType(stack, "Microsoft.Network/virtualNetworks")
      .flatMap((one) => list(at(one, "properties.subnets")))
      .filter((subnet) => at(subnet, "properties.networkSecurityGroup.id") === undefined)
      .map((subnet) => `subnet ${textOf(at(subnet, "name"))}: no network security group`),
  "the vault keeps what is deleted": (stack) =>
    stack.profile.hasVault
      ? [
          ...wanted(stack, VAULT, "properties.enableRbacAuthorization", true),
          ...wanted(stack, VAULT, "properties.enablePurgeProtection", true),
        ]
      : [],
  "no secret shows": (stack) => {
    const resources = JSON.stringify(stack.resources);
    const outputs = JSON.stringify(stack.outputs);
    return [
      ...(resources.includes(SECRET_VALUE) ? ["a secret's value stands in a resource"] : []),
      ...(outputs.includes(SECRET_VALUE) ? ["a secret's value stands in an output"] : []),
      ...(/parameters\('secrets'\)|listKeys|connectionString|accountkey|password/i.test(outputs)
        ? ["an output hands out a secret"]
        : []),
      ...(/\blist(Keys|ConnectionStrings|AccountSas|ServiceSas)\b|AccountKey=|SharedAccessKey=/.test(resources)
        ? ["a resource is given a key"]
        : []),
    ];
  },
  "platform authentication guards all but the public paths": (stack) => {
    const type = "Microsoft.Web/sites/config";
    const auth = ofType(stack, type).filter(({ id }) => id.endsWith("/authsettingsV2"));
    if (auth.length !== 1) return ["there is not one authsettingsV2"];
    const narrow = { ...stack, resources: auth };
    return [
      ...wanted(narrow, type, "properties.globalValidation.requireAuthentication", true),
      ...wanted(narrow, type, "properties.globalValidation.unauthenticatedClientAction", "Return401"),
      ...wanted(narrow, type, "properties.httpSettings.requireHttps", true),
      ...wanted(narrow, type, "properties.login.tokenStore.enabled", false),
    ];
  },
};

const storageKind = (id: string): string => {
  const end = /\/storageAccounts\/\w+([hda])\//.exec(id)?.[1];
  return { h: "host", d: "data", a: "audit" }[end ?? ""] ?? shortId(id);
};

const expectedEndpoints = (profile: { readonly isPrivate: boolean; readonly hasVault: boolean }): readonly string[] => {
  if (!profile.isPrivate) return [];
  return profile.hasVault ? [...ENDPOINTS, "vault of kv*"] : ENDPOINTS;
};

function endpointsOf(resources: Parameters<typeof list>[0]): readonly string[] {
  return list(resources)
    .filter((one) => at(one, "type") === "Microsoft.Network/privateEndpoints")
    .flatMap((one) => list(at(one, "properties.privateLinkServiceConnections")))
    .map((connection) => {
      const target = textOf(at(connection, "properties.privateLinkServiceId")).split("/").at(-1) ?? "";
      const name = target.replace(/^(st)\w*([hda])$/, "$1*$2").replace(/^(sb-|kv).*/, "$1*");
      return `${list(at(connection, "properties.groupIds")).map(textOf).join("+")} of ${name}`;
    });
}
