// What incidents report (docs/telemetry.md).

import type { PLATFORM_EVENTS } from "../platform/signals.ts";
import type { Log } from "../platform/telemetry/log.ts";
import { counted, error, exported, info, warn, type Catalogue } from "../platform/telemetry/events.ts";
import { counter } from "../platform/telemetry/instruments.ts";

const RAISED = counter("dwops.incident.raised", "{incident}", "Incidents raised", ["kind", "severity"]);

const ABOUT = { organisationId: "text?", campaignId: "text?", version: "text?" } as const;
const MAIL = { incident: "text", severity: "number" } as const;

export const INCIDENT_EVENTS = {
  "incident.raised": exported(
    warn(
      "An incident was raised",
      { incidentId: "text", kind: "text", severity: "number", ...ABOUT },
      counted(RAISED, ({ kind, severity }) => ({ kind, severity: String(severity) })),
    ),
  ),
  "incident.notRaised": error("An incident could not be stored: support is not told", {
    incident: "text?",
    kind: "text?",
    ...ABOUT,
    failure: "error",
  }),
  "incident.mailAccepted": info("The mail service took the mail of an incident", MAIL),
  "incident.mailPostponed": warn("The mail service was away or asked for a pause", {
    ...MAIL,
    reason: "text?",
    attempts: "number",
  }),
  // Nobody may be reading mails that do not come: the log must be loud.
  "incident.mailRefused": error("The mail service refused the mail of an incident", {
    ...MAIL,
    reason: "text?",
    refusals: "number",
  }),
  "incident.mailLeftToTimer": warn("An incident was raised, its mail waits for the timer", {
    incident: "text",
    error: "error",
  }),
  "incident.mailBroken": error("An incident was raised, its mail waits for the timer because of a defect", {
    incident: "text",
    error: "error",
  }),
  "incident.mailsSent": info("A run of the timer", {
    accepted: "number",
    postponed: "number",
    refused: "number",
    left: "number",
  }),
  "alert.taken": info("An alert of Azure Monitor arrived", { rule: "text", condition: "text" }),
  "clock.notNotified": error("The clock is wrong, and the incident about it could not be raised", {
    offset: "text",
    error: "error",
  }),
} satisfies Catalogue;

export type IncidentLog = Log<typeof INCIDENT_EVENTS & typeof PLATFORM_EVENTS>;
