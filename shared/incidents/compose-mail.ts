// The mail of an incident to the support address: text, HTML and the id under which it is sent once.

import { layOutMail, type MailBlock, type MailFact } from "../kernel/mail-layout.ts";
import { rfc3339 } from "../kernel/rfc3339.ts";
import { deterministicId } from "../platform/ids.ts";
import type { Mail } from "../platform/mail/mail.ts";
import type { Incident, Severity } from "./core/incident.ts";

export interface MailSurroundings {
  /** Who gets it. */
  readonly supportAddress: string;
  /** Root of the API, e.g. https://operations.example/api */
  readonly baseUrl: string;
}

const MEANING: Readonly<Record<Severity, string>> = {
  0: "0 (act at once: customers are down or cannot be brought back)",
  1: "1 (answer at once, by day and night)",
  2: "2 (the same working day)",
  3: "3 (a task for office hours)",
};

/** The same for every repetition; another one after the service could not send the mail that it had taken. */
export const incidentOperationId = ({ incidentId, mail }: Pick<Incident, "incidentId" | "mail">): string =>
  deterministicId(JSON.stringify(["incident", incidentId, mail.mailNumber]));

/** Where the API shows it; support signs in there. */
export const incidentUrl = (baseUrl: string, incidentId: string): string =>
  `${baseUrl.replace(/\/+$/, "")}/incidents/${encodeURIComponent(incidentId)}`;

export function composeIncidentMail(raised: Incident, { supportAddress, baseUrl }: MailSurroundings): Mail {
  // Whoever raises an incident does not know where the API is.
  const incident = { ...raised, detail: raised.detail.replaceAll("{base}", baseUrl.replace(/\/+$/, "")) };
  const subject = `[SEV${incident.severity}] ${incident.title}`;
  const url = incidentUrl(baseUrl, incident.incidentId);
  const blocks: readonly MailBlock[] = [
    { kind: "heading", text: incident.title },
    { kind: "facts", facts: factsOf(incident), areStrong: false },
    ...(incident.detail === "" ? [] : [{ kind: "paragraph", text: incident.detail } as const]),
    { kind: "link", url },
  ];
  return { ...layOutMail(subject, "en", blocks), operationId: incidentOperationId(incident), to: [supportAddress] };
}

function factsOf({ incidentId, severity, kind, raisedAt, subject }: Incident): readonly MailFact[] {
  const about: readonly [string, string | undefined][] = [
    ["Organisation", subject.organisationId],
    ["Campaign", subject.campaignId],
    ["Version", subject.version],
  ];
  return [
    ["Severity", MEANING[severity]],
    ["Kind", kind],
    ["Raised", rfc3339(raisedAt)],
    ...about.flatMap(([label, value]): readonly MailFact[] => (value === undefined ? [] : [[label, value]])),
    ["Incident", incidentId],
  ];
}
