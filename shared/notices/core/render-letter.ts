// A letter as plain text and as HTML that needs nothing from elsewhere and reads in any mail client.

import { escapeHtml } from "../../kernel/escape-html.ts";
import type { Letter } from "./translation.ts";

/** Lines end with LF; the mail service turns them into what mail needs. */
export function renderText(letter: Letter): string {
  const widest = Math.max(...letter.facts.map(([label]) => label.length));
  const facts = letter.facts.map(([label, value]) => `  ${`${label}:`.padEnd(widest + 1)} ${value}`);
  const links = letter.links.map(({ text, url }) => `${text}:\n${url}`);
  const blocks = [letter.greeting, ...letter.opening, facts.join("\n"), ...letter.body, ...links, ...letter.closing];
  return `${blocks.join("\n\n")}\n`;
}

export function renderHtml(letter: Letter, language: string): string {
  const paragraph = (text: string): string => `<p>${escapeHtml(text).replaceAll("\n", "<br>")}</p>`;
  const rows = letter.facts.map(
    ([label, value]) =>
      `<tr><td style="padding:2px 16px 2px 0;vertical-align:top">${escapeHtml(label)}</td>` +
      `<td style="padding:2px 0;vertical-align:top"><strong>${escapeHtml(value)}</strong></td></tr>`,
  );
  const links = letter.links.map(({ text, url }) => `<p><a href="${escapeHtml(url)}">${escapeHtml(text)}</a></p>`);
  return [
    "<!DOCTYPE html>",
    `<html lang="${escapeHtml(language)}">`,
    `<head><meta charset="utf-8"><title>${escapeHtml(letter.subject)}</title></head>`,
    '<body style="font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:1.5;color:#222;max-width:640px">',
    paragraph(letter.greeting),
    ...letter.opening.map(paragraph),
    '<table role="presentation" style="border-collapse:collapse;font-size:15px">',
    ...rows,
    "</table>",
    ...letter.body.map(paragraph),
    ...links,
    ...letter.closing.map(paragraph),
    "</body>",
    "</html>",
    "",
  ].join("\n");
}
