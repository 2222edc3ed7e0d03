// The body of a mail, as plain text and as HTML that needs nothing from elsewhere and reads in any mail client. Every text is
// escaped: mails hold what other systems said.

import { escapeHtml } from "./escape-html.ts";

export type MailFact = readonly [label: string, value: string];

export type MailBlock =
  | { readonly kind: "heading" | "paragraph"; readonly text: string }
  | { readonly kind: "facts"; readonly facts: readonly MailFact[]; readonly areStrong: boolean }
  /** Without a label the address itself is shown. */
  | { readonly kind: "link"; readonly url: string; readonly label?: string };

export interface MailBody {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** `language`: its code, e.g. "en". Lines end with LF; the mail service turns them into what mail needs. */
export function layOutMail(subject: string, language: string, blocks: readonly MailBlock[]): MailBody {
  const html = [
    "<!DOCTYPE html>",
    `<html lang="${escapeHtml(language)}">`,
    `<head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>`,
    '<body style="font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:1.5;color:#222;max-width:640px">',
    ...blocks.map(htmlOf),
    "</body>",
    "</html>",
    "",
  ].join("\n");
  return { subject, text: `${blocks.map(textOf).join("\n\n")}\n`, html };
}

function textOf(block: MailBlock): string {
  switch (block.kind) {
    case "heading":
    case "paragraph":
      return block.text;
    case "link":
      return block.label === undefined ? block.url : `${block.label}:\n${block.url}`;
    case "facts": {
      const widest = Math.max(...block.facts.map(([label]) => label.length));
      return block.facts.map(([label, value]) => `  ${`${label}:`.padEnd(widest + 1)} ${value}`).join("\n");
    }
  }
}

function htmlOf(block: MailBlock): string {
  switch (block.kind) {
    case "heading":
      return `<h1 style="font-size:18px">${escapeHtml(block.text)}</h1>`;
    case "paragraph":
      return `<p>${escapeHtml(block.text).replaceAll("\n", "<br>")}</p>`;
    case "link":
      return `<p><a href="${escapeHtml(block.url)}">${escapeHtml(block.label ?? block.url)}</a></p>`;
    case "facts": {
      const cell = (value: string): string =>
        block.areStrong ? `<strong>${escapeHtml(value)}</strong>` : escapeHtml(value);
      const rows = block.facts.map(
        ([label, value]) =>
          `<tr><td style="padding:2px 16px 2px 0;vertical-align:top">${escapeHtml(label)}</td>` +
          `<td style="padding:2px 0;vertical-align:top">${cell(value)}</td></tr>`,
      );
      const table = '<table role="presentation" style="border-collapse:collapse;font-size:15px">';
      return [table, ...rows, "</table>"].join("\n");
    }
  }
}
