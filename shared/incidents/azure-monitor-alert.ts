// Alerts of Azure Monitor as incidents. The common alert schema: strict where we act on it, tolerant of everything beside,
// because its context differs by the kind of alert and grows.

import { z } from "zod";
import { deterministicId } from "../platform/deterministic-id.ts";
import type { NewIncident, Severity } from "./incident.ts";

const essentialsSchema = z.object({
  alertId: z.string().min(1).max(1000),
  alertRule: z.string().min(1).max(300),
  severity: z.enum(["Sev0", "Sev1", "Sev2", "Sev3", "Sev4"]),
  monitorCondition: z.enum(["Fired", "Resolved"]),
  monitoringService: z.string().max(100).optional(),
  alertTargetIDs: z.array(z.string().max(1000)).max(100).optional(),
  firedDateTime: z.string().max(50).optional(),
  description: z.string().max(5000).optional(),
});

/** https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema; only what is used here. */
export const azureMonitorAlertSchema = z.object({
  schemaId: z.literal("azureMonitorCommonAlertSchema"),
  data: z.object({ essentials: essentialsSchema }),
});
export type AzureMonitorAlert = z.infer<typeof azureMonitorAlertSchema>;

const SEVERITIES: Readonly<Record<AzureMonitorAlert["data"]["essentials"]["severity"], Severity>> = {
  Sev0: 0,
  Sev1: 1,
  Sev2: 2,
  Sev3: 3,
  Sev4: 3,
};

/**
 * The incident of a fired alert; undefined for one that has resolved itself, which raises nothing. One alert is one incident,
 * however often Azure delivers it (it repeats after 408, 429 and 5xx).
 */
export function incidentOfAlert({ data: { essentials } }: AzureMonitorAlert): NewIncident | undefined {
  const { alertId, alertRule, severity, monitorCondition, monitoringService, firedDateTime, description } = essentials;
  if (monitorCondition === "Resolved") return undefined;
  const targets = (essentials.alertTargetIDs ?? []).map((id) => id.split("/").at(-1) ?? id);
  return {
    incidentId: `azure-monitor:${deterministicId(alertId)}`,
    severity: SEVERITIES[severity],
    kind: "azureMonitor",
    title: targets.length === 0 ? alertRule : `${alertRule}: ${targets.join(", ")}`,
    detail: [
      description ?? "The alert rule has no description.",
      `Rule: ${alertRule} (${monitoringService ?? "unknown service"}), fired ${firedDateTime ?? "at an unknown time"}.`,
      `Alert: ${alertId}`,
    ].join("\n"),
    subject: {},
  };
}
