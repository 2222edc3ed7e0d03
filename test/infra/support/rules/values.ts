// Values that Bicep lets through: its types take any text for an enumeration or a duration, and Azure refuses it when
// deploying. Each schema is strict where this project owns all properties.

import { z } from "zod";
import { isRecord, shortId, type Rules } from "../stack.ts";

const duration = (...all: readonly string[]) => z.enum(all);
const resourceId = z.string().regex(/^\/subscriptions\/[^[\]]+$/, "must be a concrete resource id");
const days = z.int().min(1).max(3650);

const metricCriterion = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,60}$/),
  criterionType: z.enum(["StaticThresholdCriterion", "DynamicThresholdCriterion"]),
  metricNamespace: z.string(),
  metricName: z.string(),
  timeAggregation: z.enum(["Average", "Count", "Maximum", "Minimum", "Total"]),
  operator: z.enum(["Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"]),
  threshold: z.number().optional(),
  alertSensitivity: z.enum(["Low", "Medium", "High"]).optional(),
  failingPeriods: z.strictObject({ numberOfEvaluationPeriods: z.int(), minFailingPeriodsToAlert: z.int() }).optional(),
  dimensions: z.array(
    z.strictObject({
      name: z.string(),
      operator: z.enum(["Include", "Exclude"]),
      values: z.array(z.string()).min(1),
    }),
  ),
});

const METRIC_WINDOWS = ["PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D"] as const;
const LOG_WINDOWS = [
  "PT5M",
  "PT10M",
  "PT15M",
  "PT30M",
  "PT45M",
  "PT1H",
  "PT2H",
  "PT3H",
  "PT4H",
  "PT5H",
  "PT6H",
  "P1D",
  "P2D",
] as const;

const isShorter = ({ evaluationFrequency, windowSize }: { evaluationFrequency: string; windowSize: string }): boolean =>
  minutes(evaluationFrequency) <= minutes(windowSize);

const metricAlert = z
  .looseObject({
    description: z.string().min(20).max(2048),
    severity: z.int().min(0).max(4),
    autoMitigate: z.boolean(),
    evaluationFrequency: duration("PT1M", "PT5M", "PT15M", "PT30M", "PT1H"),
    windowSize: duration(...METRIC_WINDOWS),
    criteria: z.discriminatedUnion("odata.type", [
      z.strictObject({
        "odata.type": z.literal("Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"),
        allOf: z.array(metricCriterion.required({ threshold: true })).length(1),
      }),
      z.strictObject({
        "odata.type": z.literal("Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria"),
        allOf: z.array(metricCriterion.required({ alertSensitivity: true, failingPeriods: true })).length(1),
      }),
      z.strictObject({
        "odata.type": z.literal("Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria"),
        webTestId: resourceId,
        componentId: resourceId,
        failedLocationCount: z.int().min(2).max(5),
      }),
    ]),
  })
  .refine(isShorter, "the window is shorter than the frequency");

const logAlert = z
  .looseObject({
    description: z.string().min(20).max(2048),
    severity: z.int().min(0).max(4),
    autoMitigate: z.boolean(),
    skipQueryValidation: z.literal(true),
    evaluationFrequency: duration(...LOG_WINDOWS),
    windowSize: duration(...LOG_WINDOWS),
    criteria: z.strictObject({
      allOf: z
        .array(
          z.strictObject({
            query: z.string().min(20),
            timeAggregation: z.literal("Count"),
            operator: z.literal("GreaterThan"),
            threshold: z.literal(0),
            dimensions: z.array(
              z.strictObject({ name: z.string(), operator: z.literal("Include"), values: z.tuple([z.literal("*")]) }),
            ),
            failingPeriods: z.strictObject({
              numberOfEvaluationPeriods: z.int().min(1).max(6),
              minFailingPeriodsToAlert: z.int().min(1).max(6),
            }),
          }),
        )
        .length(1),
    }),
  })
  .refine(isShorter, "the window is shorter than the frequency");

const bool = z.boolean();

/** Of the properties of each type; `sku` and `kind` stand beside them in a resource and are merged in. */
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  "Microsoft.Storage/storageAccounts": z.strictObject({
    kind: z.literal("StorageV2"),
    sku: z.strictObject({ name: z.enum(["Standard_LRS", "Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS"]) }),
    accessTier: z.enum(["Hot", "Cool"]),
    allowBlobPublicAccess: bool,
    allowCrossTenantReplication: bool,
    allowedCopyScope: z.enum(["AAD", "PrivateLink"]),
    allowSharedKeyAccess: bool,
    defaultToOAuthAuthentication: bool,
    isLocalUserEnabled: bool,
    isSftpEnabled: bool,
    minimumTlsVersion: z.enum(["TLS1_2", "TLS1_3"]),
    supportsHttpsTrafficOnly: bool,
    publicNetworkAccess: z.enum(["Enabled", "Disabled"]),
    networkAcls: z.strictObject({
      defaultAction: z.enum(["Allow", "Deny"]),
      bypass: z.enum(["None", "AzureServices"]),
    }),
    sasPolicy: z.strictObject({
      sasExpirationPeriod: z.string().regex(/^\d+\.\d\d:\d\d:\d\d$/),
      expirationAction: z.enum(["Block", "Log"]),
    }),
    encryption: z.looseObject({ keySource: z.literal("Microsoft.Storage"), requireInfrastructureEncryption: bool }),
  }),
  "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies": z.strictObject({
    immutabilityPeriodSinceCreationInDays: days,
    allowProtectedAppendWrites: bool,
  }),
  "Microsoft.ServiceBus/namespaces": z.discriminatedUnion("tier", [
    z.strictObject({
      tier: z.literal("Standard"),
      sku: z.strictObject({ name: z.literal("Standard"), tier: z.literal("Standard") }),
      disableLocalAuth: bool,
      minimumTlsVersion: z.literal("1.2"),
      publicNetworkAccess: z.literal("Enabled"),
    }),
    z.strictObject({
      tier: z.literal("Premium"),
      sku: z.strictObject({
        name: z.literal("Premium"),
        tier: z.literal("Premium"),
        capacity: z.union([1, 2, 4, 8, 16].map((units) => z.literal(units))),
      }),
      premiumMessagingPartitions: z.literal(1),
      disableLocalAuth: bool,
      minimumTlsVersion: z.literal("1.2"),
      publicNetworkAccess: z.enum(["Enabled", "Disabled"]),
    }),
  ]),
  "Microsoft.ServiceBus/namespaces/queues": z.strictObject({
    requiresSession: bool,
    requiresDuplicateDetection: bool,
    duplicateDetectionHistoryTimeWindow: z.string().refine((text) => within(text, 20 / 60, 7 * 1440), "20 s to 7 days"),
    lockDuration: z.string().refine((text) => within(text, 5 / 60, 5), "5 s to 5 minutes"),
    maxDeliveryCount: z.int().min(1).max(2000),
    defaultMessageTimeToLive: z.string().refine((text) => within(text, 1, 14 * 1440), "1 minute to 14 days"),
    deadLetteringOnMessageExpiration: bool,
    maxSizeInMegabytes: z.literal([1024, 2048, 3072, 4096, 5120]),
    enableBatchedOperations: z.literal(true),
  }),
  "Microsoft.Web/serverfarms": z.strictObject({
    kind: z.literal("functionapp"),
    sku: z.strictObject({ name: z.literal("FC1"), tier: z.literal("FlexConsumption") }),
    reserved: z.literal(true),
    zoneRedundant: bool,
  }),
  "Microsoft.Web/sites": z.looseObject({
    kind: z.literal("functionapp,linux"),
    publicNetworkAccess: z.literal("Enabled"),
    functionAppConfig: z.strictObject({
      runtime: z.strictObject({ name: z.literal("node"), version: z.enum(["22", "24"]) }),
      scaleAndConcurrency: z.strictObject({
        maximumInstanceCount: z.int().min(40).max(1000),
        instanceMemoryMB: z.literal([512, 2048, 4096]),
        alwaysReady: z.array(
          z.strictObject({ name: z.string().regex(/^(http|function:[a-z-]+)$/), instanceCount: z.int().min(1) }),
        ),
        triggers: z.strictObject({ http: z.strictObject({ perInstanceConcurrency: z.int().min(1).max(1000) }) }),
      }),
      deployment: z.strictObject({
        storage: z.strictObject({
          type: z.literal("blobContainer"),
          value: z.string().includes("app-package"),
          authentication: z.strictObject({
            type: z.literal("UserAssignedIdentity"),
            userAssignedIdentityResourceId: resourceId,
          }),
        }),
      }),
    }),
  }),
  "Microsoft.OperationalInsights/workspaces": z.looseObject({
    sku: z.strictObject({ name: z.literal("PerGB2018") }),
    retentionInDays: z.int().min(30).max(730),
    workspaceCapping: z.strictObject({ dailyQuotaGb: z.number().min(1) }),
  }),
  "Microsoft.Insights/metricAlerts": metricAlert,
  "Microsoft.Insights/scheduledQueryRules": logAlert,
  "Microsoft.Insights/actionGroups": z.looseObject({ enabled: z.literal(true), groupShortName: z.string().max(12) }),
  "Microsoft.Insights/webtests": z.looseObject({
    Kind: z.literal("standard"),
    Frequency: z.literal([300, 600, 900]),
    Timeout: z.int().min(30).max(120),
    RetryEnabled: z.literal(true),
    Locations: z.array(z.strictObject({ Id: z.string().regex(/^[a-z]+(-[a-z0-9]+)+$/) })).min(3),
    ValidationRules: z.looseObject({ ExpectedHttpStatusCode: z.literal(200), SSLCheck: z.literal(true) }),
  }),
  "Microsoft.Consumption/budgets": z.looseObject({
    category: z.literal("Cost"),
    timeGrain: z.enum(["Monthly", "Quarterly", "Annually"]),
    timePeriod: z.strictObject({ startDate: z.string().regex(/^\d{4}-\d\d-01$/, "must be the first of a month") }),
  }),
  "Microsoft.EventGrid/systemTopics/eventSubscriptions": z.looseObject({
    eventDeliverySchema: z.enum(["CloudEventSchemaV1_0", "EventGridSchema"]),
    filter: z.strictObject({
      includedEventTypes: z.tuple([z.literal("Microsoft.Communication.EmailDeliveryReportReceived")]),
    }),
    retryPolicy: z.strictObject({
      maxDeliveryAttempts: z.int().min(1).max(30),
      eventTimeToLiveInMinutes: z.int().min(1).max(1440),
    }),
  }),
  "Microsoft.Communication/communicationServices": z.looseObject({
    dataLocation: z.enum(["Europe", "Germany", "France", "UK", "Switzerland", "Norway", "United States"]),
  }),
  "Microsoft.Communication/emailServices/domains": z.looseObject({
    domainManagement: z.enum(["AzureManaged", "CustomerManaged"]),
    userEngagementTracking: z.enum(["Disabled", "Enabled"]),
  }),
  "Microsoft.Authorization/locks": z.looseObject({ level: z.enum(["CanNotDelete", "ReadOnly"]) }),
};

export const VALUES: Rules = {
  "values are those that Azure takes": (stack) =>
    stack.resources.flatMap((resource) => {
      const { id, type, properties, kind, sku } = resource;
      const schema = SCHEMAS[type];
      if (schema === undefined) return [];
      const whole = {
        ...(kind === undefined || !NEEDS_KIND.has(type) ? {} : { kind }),
        ...(sku === undefined ? {} : { sku }),
        ...(type === "Microsoft.ServiceBus/namespaces" && isRecord(sku) ? { tier: sku["tier"] } : {}),
        ...(isRecord(properties) ? properties : {}),
      };
      const issues = schema.safeParse(whole).error?.issues ?? [];
      return issues.map(({ path, message }) => `${shortId(id)}: ${path.join(".")}: ${message}`);
    }),
};

const NEEDS_KIND = new Set(["Microsoft.Storage/storageAccounts", "Microsoft.Web/serverfarms", "Microsoft.Web/sites"]);

/** Minutes of an ISO 8601 duration with days, hours, minutes or seconds; NaN for anything else. */
function minutes(text: string): number {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (match === null || text.endsWith("P") || text.endsWith("T")) return Number.NaN;
  const [d, h, m, s] = match.slice(1).map((part) => Number(part ?? 0));
  return (d ?? 0) * 1440 + (h ?? 0) * 60 + (m ?? 0) + (s ?? 0) / 60;
}

const within = (text: string, least: number, most: number): boolean => minutes(text) >= least && minutes(text) <= most;
