// What holds for all resources: ids, names, tags, versions, logs; and what Flex Consumption demands.

import { at, isRecord, list, ofType, shortId, textOf, type Rules, type Stack } from "../stack.ts";

/** Rules of Azure for names that we choose; they must hold for the longest environment name too. */
const NAMES: Readonly<Record<string, RegExp>> = {
  "Microsoft.Storage/storageAccounts": /^[a-z0-9]{3,24}$/,
  "Microsoft.Storage/storageAccounts/tableServices/tables": /\/default\/[A-Za-z][A-Za-z0-9]{2,62}$/,
  "Microsoft.ServiceBus/namespaces": /^[a-zA-Z][a-zA-Z0-9-]{4,48}[a-zA-Z0-9]$/,
  "Microsoft.ServiceBus/namespaces/queues": /\/[a-z0-9][a-z0-9-]{0,258}$/,
  "Microsoft.KeyVault/vaults": /^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/,
  "Microsoft.Web/sites": /^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$/,
  "Microsoft.OperationalInsights/workspaces": /^[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]$/,
  "Microsoft.EventGrid/systemTopics": /^[a-zA-Z0-9-]{3,50}$/,
};

const UNTAGGED = new Set([
  "Microsoft.Authorization/locks",
  "Microsoft.Authorization/roleAssignments",
  "Microsoft.Authorization/roleDefinitions",
  "Microsoft.Consumption/budgets",
  "Microsoft.Insights/diagnosticSettings",
  "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
]);

/** Only there is no stable version whose properties are documented. */
const PREVIEW_ALLOWED = new Set(["Microsoft.Insights/diagnosticSettings@2021-05-01-preview"]);

const OBSERVED = [
  "Microsoft.Web/sites",
  "Microsoft.ServiceBus/namespaces",
  "Microsoft.Storage/storageAccounts/blobServices",
  "Microsoft.Storage/storageAccounts/tableServices",
  "Microsoft.Communication/communicationServices",
  "Microsoft.OperationalInsights/workspaces",
  "Microsoft.KeyVault/vaults",
];

/** Flex Consumption refuses them, or the platform sets them itself. */
const FORBIDDEN_SETTINGS = new Set([
  "FUNCTIONS_EXTENSION_VERSION",
  "FUNCTIONS_WORKER_RUNTIME",
  "FUNCTIONS_WORKER_RUNTIME_VERSION",
  "FUNCTIONS_MAX_HTTP_CONCURRENCY",
  "FUNCTIONS_WORKER_PROCESS_COUNT",
  "FUNCTIONS_WORKER_DYNAMIC_CONCURRENCY_ENABLED",
  "ENABLE_ORYX_BUILD",
  "SCM_DO_BUILD_DURING_DEPLOYMENT",
  "WEBSITE_RUN_FROM_PACKAGE",
  "WEBSITE_NODE_DEFAULT_VERSION",
  "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
  "WEBSITE_CONTENTSHARE",
  "WEBSITE_CONTENTOVERVNET",
  "WEBSITE_SKIP_CONTENTSHARE_VALIDATION",
  "WEBSITE_DNS_SERVER",
  "WEBSITE_VNET_ROUTE_ALL",
  "WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT",
  "WEBSITE_MOUNT_ENABLED",
  "WEBSITE_USE_PLACEHOLDER_DOTNETISOLATED",
  "WEBSITE_LOAD_CERTIFICATES",
  "AzureWebJobsStorage",
  "AzureWebJobsDashboard",
]);

export const SHAPE: Rules = {
  "Bicep could work everything out": (stack) => stack.diagnostics.map((one) => JSON.stringify(one)),
  "ids are unique": (stack) => {
    const seen = new Set<string>();
    return stack.resources.flatMap(({ id }) => {
      const lower = id.toLowerCase();
      if (seen.has(lower)) return [`${shortId(id)}: twice`];
      seen.add(lower);
      return [];
    });
  },
  "names are lawful": (stack) =>
    stack.resources
      .filter(({ type, name }) => NAMES[type]?.test(name) === false)
      .map(({ id }) => `${shortId(id)}: the name breaks a rule of its type`),
  "resources carry tags": (stack) =>
    stack.resources
      .filter(({ type }) => type.split("/").length === 2 && !UNTAGGED.has(type))
      .filter(({ tags }) => tags?.["azd-env-name"] === undefined || tags["application"] === undefined)
      .map(({ id }) => `${shortId(id)}: no tags`),
  "no preview version": (stack) =>
    stack.resources
      .map(({ type, apiVersion }) => `${type}@${apiVersion}`)
      .filter((one) => one.endsWith("-preview") && !PREVIEW_ALLOWED.has(one))
      .map((one) => `${one}: a preview version`),
  "everything is observed": (stack) => {
    const observed = new Set(
      ofType(stack, "Microsoft.Insights/diagnosticSettings")
        .filter((one) => list(at(one, "properties.logs")).some((log) => at(log, "enabled") === true))
        .map(({ id }) => id.replace(/\/providers\/Microsoft\.Insights\/diagnosticSettings\/.*/, "")),
    );
    return OBSERVED.flatMap((type) => ofType(stack, type))
      .filter(({ id }) => !observed.has(id))
      .map(({ id }) => `${shortId(id)}: no diagnostic setting`);
  },
  "Flex takes the site": (stack) =>
    ofType(stack, "Microsoft.Web/sites").flatMap((one) => {
      const siteConfig = at(one, "properties.siteConfig");
      const extra = Object.keys(isRecord(siteConfig) ? siteConfig : {}).filter((key) => key !== "minTlsVersion");
      return extra.map((key) => `${shortId(one.id)}: siteConfig.${key} is refused on Flex Consumption`);
    }),
  "Flex takes the settings": (stack) =>
    settingNames(stack)
      .filter((name) => FORBIDDEN_SETTINGS.has(name))
      .map((name) => `app setting ${name}: refused on Flex Consumption`),
  "the app starts from its own identity": (stack) =>
    ofType(stack, "Microsoft.Web/sites").flatMap((one) => {
      const identities = Object.keys(one.identity?.userAssignedIdentities ?? {});
      const deployment = textOf(
        at(one, "properties.functionAppConfig.deployment.storage.authentication.userAssignedIdentityResourceId"),
      );
      const vault = textOf(at(one, "properties.keyVaultReferenceIdentity"));
      return identities.length === 1 && identities[0] === deployment && deployment === vault
        ? []
        : [`${shortId(one.id)}: package, vault and app have not the same identity`];
    }),
  "the budget tells someone": (stack) =>
    ofType(stack, "Microsoft.Consumption/budgets")
      .flatMap((one) =>
        Object.entries(
          isRecord(at(one, "properties.notifications")) ? Object(at(one, "properties.notifications")) : {},
        ),
      )
      .filter(([, notification]) => list(at(notification, "contactGroups")).length === 0)
      .map(([name]) => `budget notification ${name}: tells nobody`),
};

/** Names of the app settings; none when the whole is one expression (without Key Vault). */
export function settingNames(stack: Stack): readonly string[] {
  const settings = ofType(stack, "Microsoft.Web/sites/config").filter(({ id }) => id.endsWith("/appsettings"));
  return settings.flatMap(({ properties }) => (isRecord(properties) ? Object.keys(properties) : []));
}
