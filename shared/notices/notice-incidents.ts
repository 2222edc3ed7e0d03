// What support must hear of about a notice that cannot reach its customer, as incidents.

import type { NewIncident } from "../incidents/core/incident.ts";
import { isUnreachable } from "./core/transitions.ts";
import type { Notice, NoticeKind } from "./core/notice.ts";

type Reason = "noContact" | "notSent" | "bounced";

const TITLES: Readonly<Record<Reason, string>> = {
  noContact: "has no contact for notices",
  notSent: "could not be sent its notice",
  bounced: "has a contact whose mail came back",
};

/**
 * The incidents that this step of a notice gives. `before` is absent for a new notice. They follow from the two rows alone,
 * so whatever the order of acceptance and reports, all steps together give the same incidents with the same words. A report
 * that comes before the acceptance gives none yet: whether anybody was told is not known then.
 */
export function incidentsFor(before: Notice | undefined, after: Notice): readonly NewIncident[] {
  const known = new Set(before === undefined ? [] : incidentsOf(before).map(({ incidentId }) => incidentId));
  return incidentsOf(after).filter(({ incidentId }) => !known.has(incidentId));
}

function incidentsOf(notice: Notice): readonly NewIncident[] {
  const { recipients, bouncedRecipients, failure } = notice;
  if (notice.status === "failed") {
    const reason = recipients.length === 0 ? "noContact" : "notSent";
    return [incidentOf(notice, { reason, part: reason, isUnannounced: true, detail: failure ?? "unknown" })];
  }
  if (notice.acceptedAt === undefined) return [];
  // Of several contacts each by itself, because the first one is reported before anybody knows of the others.
  const single = (recipients.length === 1 ? [] : bouncedRecipients).map((recipient) =>
    incidentOf(notice, {
      reason: "bounced",
      part: `bounced:${recipients.indexOf(recipient)}`,
      isUnannounced: false,
      detail: `The mail to ${recipient} came back.`,
    }),
  );
  if (!isUnreachable(notice)) return single;
  const detail = `The mail came back from ${recipients.join(", ")}.`;
  return [...single, incidentOf(notice, { reason: "bounced", part: "bounced", isUnannounced: true, detail })];
}

interface Trouble {
  readonly reason: Reason;
  /** Tells apart the troubles of one mail. */
  readonly part: string;
  /** Whether nobody at the customer knows. */
  readonly isUnannounced: boolean;
  readonly detail: string;
}

/** Severity 2 when nobody at the customer knows; else 3. */
function incidentOf(notice: Notice, { reason, part, isUnannounced, detail }: Trouble): NewIncident {
  const { noticeId, mailNumber, campaignId, organisationId, kind, sequence } = notice;
  return {
    incidentId: `notice:${noticeId}:${mailNumber}:${part}`,
    severity: isUnannounced ? 2 : 3,
    kind: `notice.${reason}`,
    title: `${organisationId} ${isUnannounced && reason === "bounced" ? "has no contact that can be reached" : TITLES[reason]}`,
    detail: `Notice: ${kind}, revision ${sequence}.\n${detail}\n${isUnannounced ? consequenceOf(kind) : SOME_KNOW}`,
    subject: { organisationId, campaignId },
  };
}

const SOME_KNOW =
  "Of the other contacts nothing like that was known when this was written.\nCorrect the organisation's contacts: the next notice goes to them.";

/** What follows from it that nobody was told, by what the notice was about. */
function consequenceOf(kind: NoticeKind): string {
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
