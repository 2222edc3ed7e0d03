// Takes an alert of Azure Monitor: one that has fired becomes an incident, one that has resolved itself nothing.

import type { IncidentLog } from "./signals.ts";
import type { AlertSeverity } from "./alert-severity.ts";
import { readAlert } from "./azure-monitor-alert.ts";
import type { NewIncident } from "./core/incident.ts";

export interface TakeAlertDeps {
  readonly severityOf: AlertSeverity;
  /** Raising the same incident again changes nothing. */
  readonly raise: (incident: NewIncident) => Promise<"raised" | "known">;
  readonly log: IncidentLog;
}

/** `alert`: any value of JSON. Throws TransientFailure when it cannot be stored now: Azure sends it again. */
export async function takeAlert(
  { severityOf, raise, log }: TakeAlertDeps,
  alert: unknown,
): Promise<"raised" | "known" | "none"> {
  const { incident, rule, condition } = readAlert(alert, severityOf);
  log.event("alert.taken", { rule, condition });
  return incident === undefined ? "none" : raise(incident);
}
