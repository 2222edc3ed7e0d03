// A notice that cannot reach its customer, as an incident.

import type { OpenTask, SupportTask } from "./support-task.ts";
import type { NewIncident } from "../incidents/core/incident.ts";
import { raiseIncident, type RaiseDeps } from "../incidents/raise-incident.ts";

const TITLES: Readonly<Record<SupportTask["reason"], string>> = {
  noContact: "has no contact for notices",
  notSent: "could not be sent its notice",
  bounced: "has a contact whose mail came back",
};

/** What follows from it that nobody was told, by what the notice was about. */
function consequenceOf({ kind, isUnannounced }: SupportTask): string {
  if (!isUnannounced)
    return "Of the other contacts nothing like that was known when this was written.\nCorrect the organisation's contacts: the next notice goes to them.";
  const next = "Correct the organisation's contacts, then have the notice sent again.";
  switch (kind) {
    case "announcement":
    case "change":
      return `Nobody at the customer has been told, so the organisation will not be upgraded.\n${next}`;
    case "hotfix":
      return `Nobody at the customer has been told, and the hotfix does not wait for long: call them.\n${next}`;
    case "reminder7":
    case "reminder1":
    case "cancellation":
    case "completion":
    case "rollBack":
      return `Nobody at the customer has been told of it.\n${next}`;
  }
}

/** Severity 2 when nobody at the customer knows; else 3. */
export function supportTaskToIncident(task: SupportTask): NewIncident {
  const { campaignId, organisationId, kind, reason, isUnannounced } = task;
  return {
    incidentId: `notice:${task.taskId}`,
    severity: isUnannounced ? 2 : 3,
    kind: `notice.${reason}`,
    title: `${organisationId} ${isUnannounced && reason === "bounced" ? "has no contact that can be reached" : TITLES[reason]}`,
    detail: `Notice: ${kind}, revision ${task.sequence}.\n${task.detail}\n${consequenceOf(task)}`,
    subject: { organisationId, campaignId },
  };
}

/** The port that notices ask for. */
export const openTaskAsIncident =
  (deps: RaiseDeps): OpenTask =>
  async (task) => {
    await raiseIncident(deps, supportTaskToIncident(task));
  };
