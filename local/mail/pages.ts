// The sink's pages: the list of mails and one mail. Everything that came with a mail is escaped; its HTML is shown in a
// sandboxed frame, and the policy forbids scripts and anything from outside.
import { escapeHtml } from "../../shared/kernel/escape-html.ts";
import type { MailSummary, StoredMail } from "./mail-store.ts";

export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const MAX_LISTED = 500;

const STYLE = `
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{max-width:70rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.4rem}a{color:LinkText}
table{width:100%;border-collapse:collapse}
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid color-mix(in srgb,CanvasText 20%,transparent);overflow-wrap:anywhere}
th{font-weight:600}td.time,td.state{white-space:nowrap}
form{display:flex;gap:.5rem;margin:1rem 0}input{flex:1;padding:.4rem}button{padding:.4rem 1rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:1rem;border:1px solid color-mix(in srgb,CanvasText 20%,transparent)}
iframe{box-sizing:border-box;width:100%;height:44rem;resize:vertical;border:1px solid color-mix(in srgb,CanvasText 20%,transparent);background:#fff}
.Failed{color:#c22}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
@media (max-width:40rem){
body{padding:1rem}thead{display:none}tbody,tr,td{display:block}
tr{padding:.6rem 0;border-bottom:1px solid color-mix(in srgb,CanvasText 20%,transparent)}td{padding:0;border:0}
td.state{font-size:.9em}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}
}
`;

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>${body}</body></html>`;

const time = (mail: MailSummary): string => mail.acceptedAt.replace("T", " ").replace(/\.\d+Z$/u, " UTC");

/** The mails that `search` finds in recipient or subject, newest first. */
export function listPage(all: readonly MailSummary[], search: string, status: (mail: MailSummary) => string): string {
  const wanted = search.toLowerCase();
  const text = (mail: MailSummary): string => [...mail.to, ...mail.cc, mail.subject].join("\n").toLowerCase();
  const found = all.filter((mail) => text(mail).includes(wanted));
  const rows = found
    .slice(-MAX_LISTED)
    .toReversed()
    .map((mail) => {
      const state = escapeHtml(status(mail));
      const clip = mail.attachments.length === 0 ? "" : ` (${mail.attachments.length} attached)`;
      return (
        `<tr><td class="time">${time(mail)}</td><td>${escapeHtml(mail.to.join(", "))}</td>` +
        `<td><a href="/mails/${encodeURIComponent(mail.operationId)}">${escapeHtml(mail.subject)}</a>${clip}</td>` +
        `<td class="state ${state}">${state}</td></tr>`
      );
    });
  const shown = found.length > MAX_LISTED ? `, the newest ${MAX_LISTED} shown` : "";
  const table = `<table><thead><tr><th>Accepted</th><th>To</th><th>Subject</th><th>Status</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
  return page(
    "Mail sink",
    `<h1>Mail sink</h1><form><input name="search" type="search" aria-label="Search" placeholder="Recipient or subject" value="${escapeHtml(search)}"><button>Search</button></form>` +
      `<p>${found.length} ${found.length === 1 ? "mail" : "mails"}${shown}. Nothing here leaves this machine.</p>${rows.length === 0 ? "" : table}`,
  );
}

/**
 * Links open in a tab of their own: the frame could not show another origin. What they open is no longer sandboxed, else a
 * customer's page could not send its form; nothing opens without a click.
 */
const FRAME = 'sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer" title="HTML body"';
const NEW_TAB = '<base target="_blank">';

/** Escaped, and with its addresses as links. */
const withLinks = (text: string): string =>
  text
    .split(/(https?:\/\/[^\s<>"]+)/u)
    .map((part, position) => {
      const shown = escapeHtml(part);
      return position % 2 === 0 ? shown : `<a href="${shown}" target="_blank" rel="noopener noreferrer">${shown}</a>`;
    })
    .join("");

/** One mail with its bodies and attachments. */
export function mailPage(mail: StoredMail, status: string): string {
  const base = `/_sink/mails/${encodeURIComponent(mail.operationId)}`;
  const facts: readonly (readonly [string, string])[] = [
    ["From", mail.from],
    ["To", mail.to.join(", ")],
    ["Cc", mail.cc.join(", ")],
    ["Bcc", mail.bcc.join(", ")],
    ["Accepted", time(mail)],
    ["Status", mail.failure === undefined ? status : `${status}: ${mail.failure.code}, ${mail.failure.message}`],
    ["Operation", mail.operationId],
    ...Object.entries(mail.headers),
  ];
  const attachments = mail.attachments.map(
    (one, index) =>
      `<li><a href="${base}/attachments/${index}">${escapeHtml(one.name)}</a> ${escapeHtml(one.contentType)}, ${one.bytes} bytes</li>`,
  );
  return page(
    mail.subject,
    `<p><a href="/">All mails</a></p><h1>${escapeHtml(mail.subject)}</h1><dl>${facts
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`)
      .join("")}</dl>` +
      `<p><a href="${base}/message.eml">message.eml</a> · <a href="${base}">JSON</a></p>` +
      (attachments.length === 0 ? "" : `<h2>Attachments</h2><ul>${attachments.join("")}</ul>`) +
      (mail.plainText === undefined ? "" : `<h2>Text</h2><pre>${withLinks(mail.plainText)}</pre>`) +
      (mail.html === undefined
        ? ""
        : `<h2>HTML</h2><iframe ${FRAME} srcdoc="${escapeHtml(NEW_TAB + mail.html)}"></iframe>`),
  );
}
