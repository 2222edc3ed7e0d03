// The mail of an incident to the support address: text, HTML and the id under which it is sent once.

import { escapeHtml } from "../kernel/escape-html.ts";
import { rfc3339 } from "../kernel/rfc3339.ts";
import { deterministicId } from "../platform/deterministic-id.ts";
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
  const facts = factsOf(incident);
  const width = Math.max(...facts.map(([label]) => label.length));
  const lines = facts.map(([label, value]) => `  ${`${label}:`.padEnd(width + 1)} ${value}`);
  return {
    operationId: incidentOperationId(incident),
    to: [supportAddress],
    subject,
    text: `${[incident.title, lines.join("\n"), incident.detail, url].filter((part) => part !== "").join("\n\n")}\n`,
    html: htmlOf(subject, incident, facts, url),
  };
}

type Fact = readonly [label: string, value: string];

function factsOf({ incidentId, severity, kind, raisedAt, subject }: Incident): readonly Fact[] {
  const about: readonly [string, string | undefined][] = [
    ["Organisation", subject.organisationId],
    ["Campaign", subject.campaignId],
    ["Version", subject.version],
  ];
  return [
    ["Severity", MEANING[severity]],
    ["Kind", kind],
    ["Raised", rfc3339(raisedAt)],
    ...about.flatMap(([label, value]): readonly Fact[] => (value === undefined ? [] : [[label, value]])),
    ["Incident", incidentId],
  ];
}

/** Needs nothing from elsewhere. Every text is escaped: titles and details hold what other systems said. */
function htmlOf(subject: string, { title, detail }: Incident, facts: readonly Fact[], url: string): string {
  const rows = facts.map(
    ([label, value]) =>
      `<tr><td style="padding:2px 16px 2px 0;vertical-align:top">${escapeHtml(label)}</td>` +
      `<td style="padding:2px 0;vertical-align:top">${escapeHtml(value)}</td></tr>`,
  );
  return [
    "<!DOCTYPE html>",
    `<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>`,
    '<body style="font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:1.5;color:#222;max-width:640px">',
    `<h1 style="font-size:18px">${escapeHtml(title)}</h1>`,
    '<table role="presentation" style="border-collapse:collapse;font-size:15px">',
    ...rows,
    "</table>",
    `<p style="white-space:pre-wrap">${escapeHtml(detail)}</p>`,
    `<p><a href="${escapeHtml(url)}">${escapeHtml(url)}</a></p>`,
    "</body></html>",
    "",
  ].join("\n");
}
