// Alerts of Azure Monitor: whatever is sent is taken, and is as grave as our own contract says.
import { describe, expect, test } from "vitest";
import contract from "../../../infra/contract/alerts.json" with { type: "json" };
import { severityByContract } from "../../../shared/incidents/alert-severity.ts";
import { readAlert } from "../../../shared/incidents/azure-monitor-alert.ts";
import { freshIncident, type Incident } from "../../../shared/incidents/core/incident.ts";
import {
  administrativeAlert,
  budgetAlert,
  logAlert,
  metricAlert,
  oldBudgetAlert,
  oldMetricAlert,
  resourceHealthAlert,
  serviceHealthAlert,
  smartAlert,
} from "./alerts.ts";

const severityOf = severityByContract(contract);

/** The incident as it is stored. */
function incidentOf(sent: unknown): Incident | undefined {
  const { incident } = readAlert(sent, severityOf);
  return incident === undefined ? undefined : freshIncident(incident, 0);
}

describe("as documented", () => {
  test.each<[string, unknown, number, string]>([
    ["a metric alert", metricAlert(), 1, "func-dwops-test-e6ydm4-http-5xx: func-dwops-test-e6ydm4"],
    ["a log alert", logAlert(), 0, "organisation-offline-too-long"],
    ["a deleted storage account", administrativeAlert("storage-deleted"), 0, "storage-deleted: stdwopsteste6ydm4d"],
    ["a deleted app", administrativeAlert("app-deleted"), 1, "app-deleted"],
    ["a changed role", administrativeAlert("role-changed"), 2, "role-changed"],
    ["service health", serviceHealthAlert(), 3, "service-health"],
    ["resource health", resourceHealthAlert(), 2, "resource-health"],
    ["a budget", budgetAlert(), 3, "budget monthly: budgets"],
    ["a budget in its old schema", oldBudgetAlert(), 3, "budget monthly"],
    ["a metric alert in its old schema", oldMetricAlert(), 1, "http-5xx"],
    ["smart detection", smartAlert(), 3, "failure-anomalies"],
  ])("%s", (_, sent, severity, title) => {
    expect(incidentOf(sent)).toMatchObject({ severity, title: expect.stringContaining(title), kind: "azureMonitor" });
  });

  test("one that has resolved itself raises nothing, also where everything else is null", () => {
    expect(incidentOf(metricAlert({ monitorCondition: "Resolved" }))).toBeUndefined();
    expect(incidentOf(budgetAlert({ monitorCondition: "resolved" }))).toBeUndefined();
  });
});

describe("the severity", () => {
  const all = Object.values(contract).flat();

  test.each(all)("of $key is the contract's, whatever was sent", ({ key, severity }) => {
    for (const alertRule of [`func-dwops-x-${key}`, `func-x-${key}-alert`, key, key.toUpperCase()]) {
      expect(incidentOf(metricAlert({ alertRule, severity: "Sev4" }))?.severity).toBe(severity);
    }
  });

  const deleted = "func-dwops-x-storage-deleted";
  test.each<[string, object]>([
    [
      "its resource id",
      { alertRule: `/subscriptions/1/resourceGroups/rg/providers/microsoft.insights/activityLogAlerts/${deleted}` },
    ],
    ["another member", { alertRule: null, alertRuleID: `/subscriptions/1/x/${deleted}` }],
    ["the origin's id", { alertRule: "", originAlertId: `1_rg_microsoft.insights_activityLogAlerts_${deleted}_-117` }],
  ])("is found by %s", (_, essentials) => {
    expect(incidentOf(administrativeAlert("x", { ...essentials }))?.severity).toBe(0);
  });

  test.each<[unknown, number]>([
    ["Sev0", 0],
    ["sev1", 1],
    ["Sev 2", 2],
    ["Sev3", 3],
    ["Sev4", 3],
    [1, 1],
    ["Critical", 0],
    ["Warning", 2],
    ["Sev9", 2],
    ["Catastrophic", 2],
    [null, 2],
    ["", 2],
    [undefined, 2],
    [{ level: 1 }, 2],
  ])("of a rule that is not ours is what was sent: %j is %i", (severity, expected) => {
    const sent = metricAlert({ alertRule: "somebody-elses", originAlertId: null, severity });
    expect(incidentOf(sent)?.severity).toBe(expected);
  });
});

describe("nothing is lost for", () => {
  const everyMember = Object.keys((metricAlert() as { data: { essentials: object } }).data.essentials);
  const VALUES = [null, undefined, "", 7, true, [], {}, ["\ud83d"], "😀".repeat(500_000), Array(20_000).fill("/a/b")];

  test.each(everyMember)("what %s holds", (member) => {
    for (const value of VALUES) {
      const incident = incidentOf(metricAlert({ [member]: value }));
      expect(JSON.stringify(incident)).not.toMatch(/\\ud[89a-f]/i);
      expect(incident?.title).not.toBe("");
    }
  });

  test.each<[string, unknown]>([
    ["null", null],
    ["a text", "disk full"],
    ["a number", 7],
    ["a list", [metricAlert()]],
    ["an empty object", {}],
    ["data of null", { schemaId: "azureMonitorCommonAlertSchema", data: null }],
    ["essentials of null", { schemaId: "azureMonitorCommonAlertSchema", data: { essentials: null } }],
    ["a text for data", { schemaId: 5, data: "data" }],
    ["an unknown schema", { schemaId: "azureMonitorAlertSchemaV9", data: { alarms: [{ name: "x" }] } }],
    ["no schema", { data: { essentials: { alertRule: "a", monitorCondition: "Resolved" } } }],
  ])("being %s: the incident says that the form is unknown", (_, sent) => {
    const incident = incidentOf(sent);
    expect(incident).toMatchObject({
      severity: 2,
      detail: expect.stringContaining("a form that the app does not know"),
    });
    expect(incident?.detail).toContain("What was sent: ");
    expect(incidentOf(sent)?.incidentId).toBe(incident?.incidentId);
  });

  test("being nested more deeply than can be shown", () => {
    const sent: unknown = JSON.parse(`{"data":${"[".repeat(200_000)}${"]".repeat(200_000)}}`);
    expect(incidentOf(sent)?.detail).toContain("a form that the app does not know");
  });

  test("having many targets and long names: they are cut, and counted", () => {
    const targets = Array.from({ length: 500 }, (_, index) => `/subscriptions/1/sites/${"n".repeat(300)}${index}`);
    const incident = incidentOf(metricAlert({ alertRule: "r".repeat(5_000), alertTargetIDs: targets }));
    expect(incident?.title.length).toBeLessThanOrEqual(200);
    expect(incident?.detail).toContain("docs/runbooks/http-5xx.md");
    expect(incidentOf(metricAlert({ alertTargetIDs: targets }))?.title).toMatch(/ and 497 more$|…$/);
  });
});

test("the same alert is the same incident, and another time of it another one", () => {
  const id = (sent: unknown) => incidentOf(sent)?.incidentId;
  expect(id(budgetAlert())).toBe(id(budgetAlert()));
  expect(id(budgetAlert({ firedDateTime: "2027-03-01T00:00:00Z" }))).not.toBe(id(budgetAlert()));
  expect(id(oldBudgetAlert())).not.toBe(id(oldMetricAlert()));
});
