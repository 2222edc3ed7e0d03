// The mail as a mail program would receive it (RFC 5322 and MIME), to open it with one.
import type { EmailMessage, Mailbox } from "./message.ts";

/** Header values on one line, outside ASCII encoded by RFC 2047. */
function headerText(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, " ");
  if (/^[\u0020-\u007e]*$/u.test(line)) return line;
  // An encoded word holds at most 75 characters: 15 code points of up to 4 bytes fit.
  const pieces = line.match(/[\s\S]{1,15}/gu) ?? [];
  return pieces.map((piece) => `=?UTF-8?B?${Buffer.from(piece).toString("base64")}?=`).join("\r\n ");
}

function mailboxText({ address, displayName }: Mailbox): string {
  if (!displayName) return address;
  const encoded = headerText(displayName);
  return encoded === displayName
    ? `"${displayName.replaceAll(/["\\]/gu, "\\$&")}" <${address}>`
    : `${encoded} <${address}>`;
}

const bodyText = (bytes: Buffer): string => bytes.toString("base64").replaceAll(/.{76}/gu, "$&\r\n");

const part = (headers: readonly string[], bytes: Buffer): string =>
  [...headers, "Content-Transfer-Encoding: base64", "", bodyText(bytes)].join("\r\n");

const multipart = (kind: string, boundary: string, parts: readonly string[]): string =>
  [
    `Content-Type: multipart/${kind}; boundary="${boundary}"`,
    "",
    ...parts.flatMap((one) => [`--${boundary}`, one]),
    `--${boundary}--`,
    "",
  ].join("\r\n");

/** Renders the message; `id` is its operation id and the stem of its boundaries. */
export function renderEml(message: EmailMessage, id: string, acceptedAt: number): string {
  const addresses = (name: string, list: readonly Mailbox[] | null | undefined): string[] =>
    list?.length ? [`${name}: ${list.map(mailboxText).join(",\r\n ")}`] : [];
  const { plainText, html, subject } = message.content;
  const bodies = [
    ...(plainText ? [part(["Content-Type: text/plain; charset=utf-8"], Buffer.from(plainText))] : []),
    ...(html ? [part(["Content-Type: text/html; charset=utf-8"], Buffer.from(html))] : []),
  ];
  const attachments = (message.attachments ?? []).map((one) => {
    const file = headerText(one.name).replaceAll('"', "'");
    const inline = one.contentId ? [`Content-ID: <${headerText(one.contentId)}>`] : [];
    const disposition = `Content-Disposition: ${one.contentId ? "inline" : "attachment"}; filename="${file}"`;
    const headers = [`Content-Type: ${headerText(one.contentType)}`, disposition, ...inline];
    return part(headers, Buffer.from(one.contentInBase64, "base64"));
  });
  const alternative = multipart("alternative", `alternative-${id}`, bodies);
  return [
    `From: ${message.senderAddress}`,
    ...addresses("To", message.recipients.to),
    ...addresses("Cc", message.recipients.cc),
    ...addresses("Bcc", message.recipients.bcc),
    ...addresses("Reply-To", message.replyTo),
    `Subject: ${headerText(subject)}`,
    `Date: ${new Date(acceptedAt).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${id}@mail.local>`,
    ...Object.entries(message.headers ?? {}).map(([name, value]) => `${name}: ${headerText(value)}`),
    "MIME-Version: 1.0",
    attachments.length === 0 ? alternative : multipart("mixed", `mixed-${id}`, [alternative, ...attachments]),
  ].join("\r\n");
}
