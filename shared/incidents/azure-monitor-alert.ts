// Alerts of Azure Monitor as incidents. Azure never repeats what was answered with 400, and every member may be missing, null
// or of a length that nobody has planned: so whatever comes is taken, and cut.
// https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema

import { z } from "zod";
import { listOf, oneOf, optional, optionalText } from "../kernel/foreign.ts";
import { cut } from "../kernel/text.ts";
import { deterministicId } from "../platform/ids.ts";
import type { AlertSeverity } from "./alert-severity.ts";
import type { NewIncident } from "./core/incident.ts";
import type { IncidentLog } from "./signals.ts";

const COMMON_SCHEMA = "azureMonitorCommonAlertSchema";
const COST_ALERTS = "CostAlerts";
/** Long enough for every id; the incident's own limits come later. */
const LONGEST_ID = 4000;
const MAX_TARGETS = 1000;
const TARGETS_IN_TITLE = 3;

const essentialsSchema = z.object({
  alertId: optionalText(LONGEST_ID),
  alertRule: optionalText(),
  alertRuleID: optionalText(LONGEST_ID),
  severity: optionalText(100),
  monitorCondition: optionalText(100),
  monitoringService: optionalText(100),
  alertTargetIDs: listOf(z.string(), MAX_TARGETS),
  configurationItems: listOf(z.string(), MAX_TARGETS),
  originAlertId: optionalText(LONGEST_ID),
  firedDateTime: optionalText(100),
  description: optionalText(2000),
});

const alertSchema = z.object({
  schemaId: optionalText(100),
  data: optional(
    z.object({
      essentials: optional(essentialsSchema),
      alertContext: optional(z.object({ AlertData: optional(z.object({ BudgetName: optionalText() })) })),
      // Of the schemas before the common one: budgets, and metric alerts.
      BudgetName: optionalText(),
      context: optional(z.object({ name: optionalText(), severity: optionalText(100) })),
    }),
  ),
});
type Alert = z.infer<typeof alertSchema>;
type Essentials = z.infer<typeof essentialsSchema>;

const resolved = oneOf(["Resolved"]);

/** What is logged of an alert. */
interface TakenAlert {
  readonly rule: string;
  readonly condition: string;
  /** Undefined for one that has resolved itself, which raises nothing. */
  readonly incident: NewIncident | undefined;
}

/**
 * One alert is one incident, however often Azure delivers it (it repeats after 408, 429 and 5xx). `sent` is any value of
 * JSON: one in a form that is not known becomes an incident that says so.
 */
export function readAlert(sent: unknown, severityOf: AlertSeverity): TakenAlert {
  const { schemaId, data }: Alert = alertSchema.safeParse(sent).data ?? { schemaId: undefined, data: undefined };
  const isKnown = schemaId?.toLowerCase() === COMMON_SCHEMA.toLowerCase() && data?.essentials !== undefined;
  const essentials = data?.essentials ?? essentialsSchema.parse({});
  const budget = data?.alertContext?.AlertData?.BudgetName ?? data?.BudgetName;
  const { alertRule, alertRuleID, originAlertId, monitorCondition, monitoringService } = essentials;
  const rule = alertRule ?? data?.context?.name ?? (budget === undefined ? undefined : `budget ${budget}`);
  const taken = { rule: rule ?? "unknown", condition: monitorCondition ?? "unknown" };
  if (isKnown && resolved.parse(monitorCondition) !== undefined) return { ...taken, incident: undefined };
  const severity = severityOf({
    rules: [alertRule, alertRuleID, data?.context?.name, ...(originAlertId ?? "").split("_")].filter(isPresent),
    severity: essentials.severity ?? data?.context?.severity,
    isAboutCosts: monitoringService === COST_ALERTS || budget !== undefined,
  });
  const facts = factsOf(rule, essentials);
  const incident: NewIncident = {
    incidentId: `azure-monitor:${deterministicId(identityOf(essentials, sent))}`,
    severity,
    kind: "azureMonitor",
    title: titleOf(rule, essentials, schemaId),
    detail: (isKnown ? facts : [unknownForm(schemaId), ...facts, `What was sent: ${textOf(sent)}`]).join("\n"),
    subject: {},
  };
  return { ...taken, incident };
}

const isPresent = (text: string | undefined): text is string => text !== undefined && text !== "";

/** Not the id alone: that an id of a budget never comes a second time is written nowhere. */
const identityOf = ({ alertId, firedDateTime }: Essentials, sent: unknown): string =>
  alertId === undefined ? textOf(sent) : JSON.stringify([alertId, firedDateTime ?? null]);

function titleOf(rule: string | undefined, essentials: Essentials, schemaId: string | undefined): string {
  const { description, monitoringService } = essentials;
  const what = rule ?? description ?? monitoringService ?? `an alert in an unknown form (${schemaId ?? "no schema"})`;
  const targets = targetsOf(essentials).map((id) => cut(id.split("/").findLast(isPresent) ?? id, 60));
  const named = targets.slice(0, TARGETS_IN_TITLE).join(", ");
  const more = targets.length > TARGETS_IN_TITLE ? ` and ${targets.length - TARGETS_IN_TITLE} more` : "";
  return named === "" ? what : `${cut(what, 120)}: ${named}${more}`;
}

const targetsOf = ({ alertTargetIDs, configurationItems }: Essentials): readonly string[] =>
  (alertTargetIDs.length > 0 ? alertTargetIDs : configurationItems).filter(isPresent);

function factsOf(rule: string | undefined, essentials: Essentials): readonly string[] {
  const { alertId, description, firedDateTime, monitoringService, severity } = essentials;
  const targets = targetsOf(essentials);
  return [
    description ?? "The alert rule has no description.",
    `Rule: ${cut(rule ?? "unknown", 300)} (${monitoringService ?? "unknown service"}), fired ${firedDateTime ?? "at an unknown time"}, sent as ${severity ?? "no severity"}.`,
    ...(targets.length === 0 ? [] : [`About: ${cut(targets.join(", "), 800)}`]),
    `Alert: ${cut(alertId ?? "without an id", 600)}`,
  ];
}

const unknownForm = (schemaId: string | undefined): string =>
  `This alert came in a form that the app does not know (schema ${schemaId ?? "not named"}).`;

function textOf(sent: unknown): string {
  try {
    return JSON.stringify(sent) ?? "nothing";
  } catch {
    return "something nested too deeply to be shown";
  }
}

interface TakeAlertDeps {
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
