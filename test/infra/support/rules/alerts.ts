// Alerts reach someone, have a runbook, and ask only for what the platform or the code really emits.

import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  at,
  isRecord,
  list,
  ofType,
  shortId,
  textOf,
  wanted,
  type Resource,
  type Rules,
  type Stack,
} from "../stack.ts";
import { queryProblems } from "../kql.ts";
import { QUEUES } from "../../../../shared/capabilities.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const METRIC = "Microsoft.Insights/metricAlerts";
const LOG = "Microsoft.Insights/scheduledQueryRules";
const ACTIVITY = "Microsoft.Insights/activityLogAlerts";
const SMART = "Microsoft.AlertsManagement/smartDetectorAlertRules";
const PROBES = ["/api/health/live", "/api/health/ready"];

/** Names that the platform documents for its own metrics; a wrong one compiles, deploys and never fires. */
const PLATFORM_METRICS: Readonly<Record<string, readonly string[]>> = {
  "Microsoft.ServiceBus/namespaces": [
    "ActiveMessages",
    "DeadletteredMessages",
    "ThrottledRequests",
    "ServerErrors",
    "UserErrors",
    "NamespaceCpuUsage",
    "NamespaceMemoryUsage",
    "Size",
  ],
  "Microsoft.EventGrid/systemTopics": ["DroppedEventCount", "DeliveryAttemptFailCount"],
  "Microsoft.Storage/storageAccounts": ["Availability", "Transactions", "SuccessE2ELatency"],
  "Microsoft.Storage/storageAccounts/tableServices": ["Availability", "Transactions", "SuccessE2ELatency"],
  "Microsoft.Web/sites": [
    "Http5xx",
    "HttpResponseTime",
    "MemoryWorkingSet",
    // FunctionExecutionCount and FunctionExecutionUnits do not exist on Flex Consumption.
    "OnDemandFunctionExecutionCount",
    "OnDemandFunctionExecutionUnits",
    "AlwaysReadyFunctionExecutionCount",
  ],
};

export const ALERTS: Rules = {
  "every alert tells someone": (stack) =>
    alertsOf(stack).flatMap((alert) => {
      const groups = groupsOf(alert);
      const known = new Set(ofType(stack, "Microsoft.Insights/actionGroups").map(({ id }) => id));
      if (groups.length === 0) return [`${shortId(alert.id)}: no action group`];
      return groups.filter((id) => !known.has(id)).map((id) => `${shortId(alert.id)}: unknown action group ${id}`);
    }),
  "urgent alerts reach those on call": (stack) =>
    [...ofType(stack, METRIC), ...ofType(stack, LOG)]
      .filter((alert) => Number(at(alert, "properties.severity")) <= 2)
      .filter((alert) => !groupsOf(alert).some((id) => id.includes("/ag-on-call-")))
      .map((alert) => `${shortId(alert.id)}: severity ${textOf(at(alert, "properties.severity"))} wakes nobody`),
  "every alert has its runbook": (stack) =>
    alertsOf(stack).flatMap((alert) => {
      const path = /docs\/runbooks\/[a-z0-9-]+\.md$/.exec(textOf(at(alert, "properties.description")))?.[0];
      if (path === undefined) return [`${shortId(alert.id)}: the description names no runbook`];
      return existsSync(join(ROOT, path)) ? [] : [`${shortId(alert.id)}: ${path} does not exist`];
    }),
  "every alert is on": (stack) =>
    alertsOf(stack)
      .filter((alert) => at(alert, "properties.enabled") !== true && at(alert, "properties.state") !== "Enabled")
      .map((alert) => `${shortId(alert.id)}: is off`),
  "metric alerts ask for metrics that exist": (stack) =>
    ofType(stack, METRIC).flatMap((alert) =>
      list(at(alert, "properties.criteria.allOf")).flatMap((criterion) => {
        const namespace = textOf(at(criterion, "metricNamespace"));
        const metric = textOf(at(criterion, "metricName"));
        return PLATFORM_METRICS[namespace]?.includes(metric) === true
          ? []
          : [`${shortId(alert.id)}: ${namespace} has no metric ${metric}`];
      }),
    ),
  "metric alerts look at resources of this stack": (stack) => {
    const ids = new Set(stack.resources.map(({ id }) => id));
    return ofType(stack, METRIC).flatMap((alert) =>
      list(at(alert, "properties.scopes"))
        .map(textOf)
        .filter((id) => !ids.has(id))
        .map((id) => `${shortId(alert.id)}: scope ${shortId(id)} is not deployed`),
    );
  },
  "log alerts ask for signals that exist": (stack) =>
    ofType(stack, LOG).flatMap((alert) => {
      const [criterion] = list(at(alert, "properties.criteria.allOf"));
      const query = textOf(at(criterion, "query"));
      const dimensions = list(at(criterion, "dimensions")).map((one) => textOf(at(one, "name")));
      return queryProblems(query, dimensions).map((problem) => `${shortId(alert.id)}: ${problem}`);
    }),
  "log alerts query with their own identity": (stack) =>
    ofType(stack, LOG)
      .filter(
        (one) => !Object.keys(one.identity?.userAssignedIdentities ?? {}).some((id) => id.includes("/id-alerts-")),
      )
      .map(({ id }) => `${shortId(id)}: not the alerts' identity`),
  "every queue's dead letters are watched": (stack) => {
    const watched = ofType(stack, METRIC)
      .flatMap((alert) => list(at(alert, "properties.criteria.allOf")))
      .filter((criterion) => at(criterion, "metricName") === "DeadletteredMessages")
      .flatMap((criterion) => list(at(criterion, "dimensions")));
    const isWatched = (queue: string): boolean =>
      watched.some((one) => (at(one, "operator") === "Include") === list(at(one, "values")).includes(queue));
    const named = watched.flatMap((one) => list(at(one, "values")).map(textOf));
    const queues = QUEUES.map(({ name }) => name);
    return [
      ...queues.filter((queue) => !isWatched(queue)).map((queue) => `dead letters of ${queue}: no alert`),
      ...named.filter((name) => !queues.includes(name)).map((name) => `dead letters of ${name}: no such queue`),
    ];
  },
  "alerts reach the app by secure webhook": (stack) => {
    const receivers = ofType(stack, "Microsoft.Insights/actionGroups").flatMap((one) =>
      list(at(one, "properties.webhookReceivers")),
    );
    return receivers.length === 1
      ? receivers.flatMap((one) => [
          ...(at(one, "useAadAuth") === true ? [] : ["webhook: not signed in"]),
          ...(at(one, "useCommonAlertSchema") === true ? [] : ["webhook: not the common schema"]),
          ...(/^https:.*\/api\/alerts\/azure-monitor$/.test(textOf(at(one, "serviceUri")))
            ? []
            : ["webhook: wrong address"]),
        ])
      : [`${receivers.length} webhooks instead of one`];
  },
  "mail stands beside the webhook": (stack) =>
    ofType(stack, "Microsoft.Insights/actionGroups")
      .filter((one) => list(at(one, "properties.emailReceivers")).length === 0)
      .map(({ id }) => `${shortId(id)}: no mail receiver`),
  "availability tests use public probes only": (stack) => {
    const paths = ofType(stack, "Microsoft.Insights/webtests").map((one) =>
      textOf(at(one, "properties.Request.RequestUrl")).replace(/^https:\/\/[^/]+/, ""),
    );
    return JSON.stringify(paths.toSorted()) === JSON.stringify(PROBES)
      ? []
      : [`availability tests of ${paths.join(", ")}`];
  },
  "availability tests alert": (stack) => {
    const watched = new Set(ofType(stack, METRIC).map((one) => textOf(at(one, "properties.criteria.webTestId"))));
    return ofType(stack, "Microsoft.Insights/webtests")
      .filter(({ id }) => !watched.has(id))
      .map(({ id }) => `${shortId(id)}: no alert`);
  },
  "maintenance never silences severity 0 and 1": (stack) =>
    ofType(stack, "Microsoft.AlertsManagement/actionRules").flatMap((one) => {
      const severities = list(at(one, "properties.conditions"))
        .filter((condition) => at(condition, "field") === "Severity" && at(condition, "operator") === "Equals")
        .flatMap((condition) => list(at(condition, "values")).map(textOf));
      const urgent = severities.filter((severity) => ["Sev0", "Sev1"].includes(severity));
      return severities.length > 0 && urgent.length === 0
        ? []
        : [`${shortId(one.id)}: silences ${urgent.join(" and ") || "all severities"}`];
    }),
  "the workbook asks for signals that exist": (stack) =>
    ofType(stack, "Microsoft.Insights/workbooks").flatMap((one) =>
      workbookProblems(textOf(at(one, "properties.serializedData"))),
    ),
  "alert kinds are all there": (stack) => [
    ...wanted(stack, SMART, "properties.severity", "Sev3"),
    ...(ofType(stack, ACTIVITY).length > 0 ? [] : ["no activity log alerts"]),
    ...(ofType(stack, LOG).length > 0 ? [] : ["no log alerts"]),
  ],
};

const alertsOf = (stack: Stack): readonly Resource[] =>
  [METRIC, LOG, ACTIVITY, SMART].flatMap((type) => ofType(stack, type));

function groupsOf({ properties }: Resource): readonly string[] {
  const actions = at(properties, "actions");
  if (Array.isArray(actions)) return actions.map((one) => textOf(at(one, "actionGroupId")));
  const groups = at(actions, "actionGroups") ?? at(properties, "actionGroups.groupIds");
  return list(groups).map((one) => textOf(isRecord(one) ? one["actionGroupId"] : one));
}

function workbookProblems(text: string): readonly string[] {
  const items = list(at(JSON.parse(text), "items"));
  if (items.length === 0) return ["the workbook is empty"];
  const known = new Set(
    Object.entries(PLATFORM_METRICS).flatMap(([namespace, names]) =>
      names.map((name) => `${namespace.toLowerCase()}--${name}`),
    ),
  );
  return items.flatMap((item) => {
    const query = at(item, "content.query");
    const metrics = list(at(item, "content.metrics")).map((one) => textOf(at(one, "metric")));
    return [
      ...(typeof query === "string" ? queryProblems(query, []) : []),
      ...metrics.filter((metric) => !known.has(metric)).map((metric) => `no metric ${metric}`),
    ].map((problem) => `workbook, ${textOf(at(item, "name"))}: ${problem}`);
  });
}
