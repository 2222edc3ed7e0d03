// Code and template name the same queues, tables and settings.

import publicContract from "../../../../infra/contract/public-paths.json" with { type: "json" };
import app from "../../../../infra/contract/app.json" with { type: "json" };
import sample from "../../../../local.settings.sample.json" with { type: "json" };
import { parseSettings, QUEUES, TABLES } from "../../../../shared/capabilities.ts";
import { SettingsError } from "../../../../shared/platform/settings/setting.ts";
import { DEPLOYMENT_IDS } from "../environment.ts";
import { azureQueue } from "../../../../shared/platform/resources.ts";
import { at, differences, isRecord, list, ofType, shortId, textOf, type Rules, type Stack } from "../stack.ts";

/** Settings that the Functions host, the identity library or the telemetry SDK reads, and why each is needed. */
export const HOST_SETTINGS: Readonly<Record<string, string>> = {
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT:
    "the host refuses larger bodies before it reads them: anybody may post to a public route",
  AzureWebJobsDisableHomepage: "the host answers / with its own page otherwise",
  AzureWebJobsStorage__credential: "the host reaches its storage by identity",
  AzureWebJobsStorage__clientId: "by which identity",
  AzureWebJobsStorage__blobServiceUri: "where timer leases and keys lie",
  APPLICATIONINSIGHTS_CONNECTION_STRING: "where host and code send telemetry",
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: "telemetry by identity: keys are off",
  ServiceBus__credential: "the trigger reaches Service Bus by identity",
  ServiceBus__clientId: "by which identity",
  AZURE_CLIENT_ID: "which of its identities DefaultAzureCredential takes",
};

/** In local.settings.sample.json only: connection strings of the emulators, and what Flex refuses. */
export const LOCAL_ONLY = [
  "OUTBOUND_ALLOW_LOCAL",
  "FUNCTIONS_WORKER_RUNTIME",
  "AzureWebJobsStorage",
  "DATA_STORAGE",
  "ServiceBus",
  "MAIL_CONNECTION_STRING",
];

export const CONTRACT: Rules = {
  "queues are those of the contract": (stack) => {
    const found = ofType(stack, "Microsoft.ServiceBus/namespaces/queues");
    const name = (id: string): string => id.split("/").at(-1) ?? "";
    const names = differences(
      "queues",
      found.map(({ id }) => name(id)),
      QUEUES.map((one) => one.name),
    );
    const values = QUEUES.map(azureQueue).flatMap(({ name: queueName, ...properties }) => {
      const queue = found.find(({ id }) => name(id) === queueName);
      return Object.entries(properties)
        .filter(([key, value]) => queue !== undefined && at(queue, `properties.${key}`) !== value)
        .map(
          ([key, value]) =>
            `queue ${queueName}: ${key} is ${textOf(at(queue, `properties.${key}`))}, not ${textOf(value)}`,
        );
    });
    return [...names, ...values];
  },
  "tables are those of the contract": (stack) =>
    differences(
      "tables",
      ofType(stack, "Microsoft.Storage/storageAccounts/tableServices/tables").map(
        ({ id }) => id.split("/").at(-1) ?? "",
      ),
      TABLES.map(({ name }) => name),
    ),
  "the code takes the settings": (stack) => {
    const settings = settingsOf(stack);
    return settings === undefined ? [] : settingsProblems(settings);
  },
  "the code knows every setting": (stack) => {
    const settings = settingsOf(stack);
    return settings === undefined
      ? []
      : unknownSettings(settings).map((name) => `app setting ${name}: nobody reads it`);
  },
  "secret settings lie in the vault": (stack) => {
    const settings = settingsOf(stack);
    if (settings === undefined) return stack.profile.hasVault ? ["the app settings are one expression"] : [];
    const vault = new Set(ofType(stack, "Microsoft.KeyVault/vaults/secrets").map(({ name }) => name.split("/").at(-1)));
    return app.settings.secrets.flatMap((name) => {
      const reference = /^@Microsoft\.KeyVault\(VaultName=\w+;SecretName=([\w-]+)\)$/.exec(settings[name] ?? "")?.[1];
      return reference !== undefined && vault.has(reference)
        ? []
        : [`app setting ${name}: no reference to a secret of the vault`];
    });
  },
  "delivery reports come into a queue without sessions": (stack) => {
    const isUsed = QUEUES.some(({ name }) => name === "mail-reports");
    const subscriptions = ofType(stack, "Microsoft.EventGrid/systemTopics/eventSubscriptions");
    if (!isUsed) return subscriptions.map(({ id }) => `${shortId(id)}: there is no queue mail-reports`);
    const delivery = "properties.deliveryWithResourceIdentity";
    return [
      ...(subscriptions.length === 1 ? [] : [`${subscriptions.length} event subscriptions instead of one`]),
      ...subscriptions.flatMap((one) => [
        ...(textOf(at(one, `${delivery}.destination.properties.resourceId`)).endsWith("/queues/mail-reports")
          ? []
          : [`${shortId(one.id)}: not into mail-reports`]),
        ...(textOf(at(one, `${delivery}.identity.userAssignedIdentity`)).includes("/id-events-")
          ? []
          : [`${shortId(one.id)}: not by the events' identity`]),
      ]),
      ...QUEUES.filter(({ name, requiresSession }) => name === "mail-reports" && requiresSession).map(
        () => "mail-reports: Event Grid cannot deliver into a queue with sessions",
      ),
    ];
  },
  "mails are linked once the domain is verified": (stack) =>
    ofType(stack, "Microsoft.Communication/communicationServices")
      .filter((one) => list(at(one, "properties.linkedDomains")).length > 0 !== stack.profile.isMailVerified)
      .map(({ id }) => `${shortId(id)}: linkedDomains do not follow emailDomainVerified`),
  "public paths are those of the contract": (stack) =>
    ofType(stack, "Microsoft.Web/sites/config")
      .filter(({ id }) => id.endsWith("/authsettingsV2"))
      .flatMap((one) =>
        differences(
          "excludedPaths",
          list(at(one, "properties.globalValidation.excludedPaths")).map(textOf),
          publicContract.publicPaths,
        ),
      ),
};

/** What an expression of the template would be in Azure, where the code looks at its form. */
const VALUES: Readonly<Record<string, string>> = {
  AUTH_ISSUER: `https://login.microsoftonline.com/${DEPLOYMENT_IDS.tenantId}/v2.0`,
  MAIL_ENDPOINT: "https://acs-name.europe.communication.azure.com",
  DATA_STORAGE__tableServiceUri: "https://stname.table.core.windows.net/",
  AUDIT_STORAGE__tableServiceUri: "https://audit.table.core.windows.net",
};

/** Undefined when the whole is one expression, as without Key Vault. */
export function settingsOf(stack: Stack): Readonly<Record<string, string>> | undefined {
  const settings = ofType(stack, "Microsoft.Web/sites/config").find(({ id }) => id.endsWith("/appsettings"));
  return isRecord(settings?.properties)
    ? Object.fromEntries(Object.entries(settings.properties).map(([key, value]) => [key, textOf(value)]))
    : undefined;
}

/** Expressions of the template and references to the vault: Azure puts the value in. */
const isLater = (value: string): boolean => value.startsWith("[") || value.startsWith("@Microsoft.KeyVault(");
const valueOf = (key: string): string | undefined => VALUES[key] ?? new Map(Object.entries(sample.Values)).get(key);

function resolved(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, isLater(value) ? (valueOf(key) ?? "resolved") : value]),
  );
}

function settingsProblems(settings: Readonly<Record<string, string>>): readonly string[] {
  try {
    parseSettings(resolved(settings));
    return [];
  } catch (error) {
    return error instanceof SettingsError ? error.problems : [String(error)];
  }
}

/** A setting is known when taking it away, or spoiling it, changes what the code makes of the settings. */
function unknownSettings(settings: Readonly<Record<string, string>>): readonly string[] {
  const full = resolved(settings);
  const usual = outcome(full);
  return Object.keys(full).filter((key) => {
    if (HOST_SETTINGS[key] !== undefined) return false;
    const { [key]: _, ...without } = full;
    return outcome(without) === usual && outcome({ ...full, [key]: "\u0000".repeat(3000) }) === usual;
  });
}

function outcome(settings: Record<string, string>): string {
  try {
    return JSON.stringify(parseSettings(settings));
  } catch (error) {
    return error instanceof SettingsError ? error.problems.join("\n") : String(error);
  }
}
