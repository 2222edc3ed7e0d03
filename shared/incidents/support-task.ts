// A notice that cannot reach its customer, as an incident.

import type { OpenTask, SupportTask } from "../notices/support-task.ts";
import type { NewIncident } from "./incident.ts";
import { raiseIncident, type RaiseDeps } from "./raise-incident.ts";

const TITLES: Readonly<Record<SupportTask["reason"], string>> = {
  noContact: "has no contact for notices",
  notSent: "could not be sent its notice",
  bounced: "has a contact whose mail came back",
};

/** Severity 2 when nobody at the customer knows, because the organisation is then not upgraded; else 3. */
export function supportTaskToIncident(task: SupportTask): NewIncident {
  const { campaignId, organisationId, kind, reason, isUnannounced } = task;
  const consequence = isUnannounced
    ? "Nobody at the customer has been told, so the organisation will not be upgraded."
    : "Somebody else at the customer has been told.";
  return {
    incidentId: `notice:${task.taskId}`,
    severity: isUnannounced ? 2 : 3,
    kind: `notice.${reason}`,
    title: `${organisationId} ${TITLES[reason]}`,
    detail:
      `Notice: ${kind}, revision ${task.sequence}.\n${task.detail}\n${consequence}\n` +
      "Correct the organisation's contacts, then have the notice sent again.",
    subject: { organisationId, campaignId },
  };
}

/** The port that notices ask for. */
export const openTaskAsIncident =
  (deps: RaiseDeps): OpenTask =>
  async (task) => {
    await raiseIncident(deps, supportTaskToIncident(task));
  };
