// Alerts in the shapes that Azure documents (learn.microsoft.com/azure/azure-monitor/alerts/alerts-payload-samples), with
// names of our own template.

const SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001";
const GROUP = `${SUBSCRIPTION}/resourceGroups/rg-dwops-test`;
const APP = "func-dwops-test-e6ydm4";

type Members = Readonly<Record<string, unknown>>;

const common = (essentials: Members, alertContext: Members): Members => ({
  schemaId: "azureMonitorCommonAlertSchema",
  data: {
    essentials: {
      alertId: `${SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/00000000-0000-4000-8000-00000000000a`,
      alertRule: `${APP}-http-5xx`,
      severity: "Sev4",
      signalType: "Activity Log",
      monitorCondition: "Fired",
      monitoringService: "Platform",
      alertTargetIDs: [`${GROUP}/providers/microsoft.web/sites/${APP}`],
      configurationItems: [APP],
      originAlertId: "00000000-0000-4000-8000-00000000000b",
      firedDateTime: "2027-02-01T12:00:00.1234567Z",
      description: "Runbook: docs/runbooks/http-5xx.md",
      essentialsVersion: "1.0",
      alertContextVersion: "1.0",
      ...essentials,
    },
    alertContext,
    customProperties: null,
  },
});

export const metricAlert = (essentials: Members = {}): Members =>
  common(
    {
      severity: "Sev1",
      signalType: "Metric",
      originAlertId: `00000000-0000-4000-8000-000000000001_rg-dwops-test_microsoft.insights_metricAlerts_${APP}-http-5xx_-117781227`,
      ...essentials,
    },
    {
      properties: null,
      conditionType: "SingleResourceMultipleMetricCriteria",
      condition: {
        windowSize: "PT5M",
        allOf: [{ metricName: "Http5xx", threshold: "5", dimensions: [], metricValue: 7.727 }],
        windowStartTime: "2027-02-01T11:55:00.064Z",
      },
    },
  );

export const logAlert = (essentials: Members = {}): Members =>
  common(
    {
      alertRule: `${APP}-organisation-offline-too-long`,
      severity: "Sev0",
      signalType: "Log",
      monitoringService: "Log Alerts V2",
      configurationItems: [],
      ...essentials,
    },
    {
      properties: {},
      conditionType: "LogQueryCriteria",
      condition: { allOf: [{ searchQuery: "traces", dimensions: [{ name: "organisationId", value: "alpine" }] }] },
    },
  );

/** Of the category Administrative: somebody has done something. */
export const administrativeAlert = (key: string, essentials: Members = {}): Members =>
  common(
    {
      alertRule: `${APP}-${key}`,
      monitoringService: "Activity Log - Administrative",
      alertTargetIDs: [`${GROUP}/providers/microsoft.storage/storageaccounts/stdwopsteste6ydm4d`],
      ...essentials,
    },
    {
      authorization: { action: "Microsoft.Storage/storageAccounts/delete", scope: GROUP },
      channels: "Operation",
      claims: "{}",
      caller: "somebody@example.com",
      eventSource: "Administrative",
      level: "Informational",
      operationName: "Microsoft.Storage/storageAccounts/delete",
      properties: { eventCategory: "Administrative", hierarchy: "a/b" },
      status: "Succeeded",
      subStatus: "",
      "Activity Log Event Description": "",
    },
  );

export const serviceHealthAlert = (essentials: Members = {}): Members =>
  common(
    {
      alertRule: `${APP}-service-health`,
      monitoringService: "ServiceHealth",
      alertTargetIDs: [SUBSCRIPTION],
      configurationItems: undefined,
      firedDateTime: "2027-02-01T12:00:00.0623172",
      ...essentials,
    },
    {
      authorization: null,
      channels: 1,
      claims: null,
      caller: null,
      eventSource: 2,
      level: 3,
      properties: { title: "Storage", communication: "<p>Summary</p>", stage: "Resolved", isHIR: "false" },
      status: "Resolved",
      ResourceType: null,
    },
  );

export const resourceHealthAlert = (essentials: Members = {}): Members =>
  common(
    { alertRule: `${APP}-resource-health`, monitoringService: "Resource Health", ...essentials },
    {
      eventSource: "ResourceHealth",
      properties: { details: null, currentHealthStatus: "Unavailable", cause: "PlatformInitiated" },
      status: "Active",
    },
  );

/** Actual or forecasted spending above a budget: nearly everything is null. */
export const budgetAlert = (essentials: Members = {}): Members =>
  common(
    {
      alertId: `${SUBSCRIPTION}/providers/Microsoft.CostManagement/alerts/monthly`,
      alertRule: null,
      severity: null,
      signalType: null,
      monitorCondition: null,
      monitoringService: "CostAlerts",
      alertTargetIDs: null,
      configurationItems: ["budgets"],
      originAlertId: null,
      firedDateTime: "2027-02-01T21:13:20.645Z",
      description: "Your spend for budget monthly is now $11,111.00 exceeding your specified threshold $25.00.",
      ...essentials,
    },
    {
      AlertCategory: "budgets",
      AlertData: { Scope: SUBSCRIPTION, ThresholdType: "Actual", BudgetName: "monthly", SpentAmount: "$11,111.00" },
    },
  );

/** The schema of budgets before the common one; no setting turns it off everywhere. */
export const oldBudgetAlert = (): Members => ({
  schemaId: "AIP Budget Notification",
  data: {
    SubscriptionName: "operations",
    EnrollmentNumber: "",
    ResourceGroup: "rg-dwops-test",
    SpendingAmount: "1111.32",
    Budget: "10000",
    BudgetName: "monthly",
    NotificationThresholdAmount: "8000.0",
  },
});

export const oldMetricAlert = (): Members => ({
  schemaId: "AzureMonitorMetricAlert",
  data: { version: "2.0", status: "Activated", context: { name: `${APP}-http-5xx`, severity: "3", condition: {} } },
});

export const smartAlert = (essentials: Members = {}): Members =>
  common(
    {
      alertRule: `${APP}-failure-anomalies`,
      severity: "Sev3",
      signalType: "Log",
      monitoringService: "SmartAlert",
      originAlertId: undefined,
      ...essentials,
    },
    { DetectionSummary: "An abnormal rise in failed requests", SmartDetectorId: "FailureAnomaliesDetector" },
  );
