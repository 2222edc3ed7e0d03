// The mails on disk: one folder per mail with mail.json, message.eml and its attachments. A folder appears whole, by one
// rename, so a kill at any moment leaves no half mail; all of it is synchronous, so two sends of one id cannot overlap.
import { defined } from "../../shared/kernel/defined.ts";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ClearError } from "../support/clear-error.ts";
import { readTextIfPresent } from "../support/files.ts";
import { renderEml } from "./eml.ts";
import type { EmailMessage } from "./message.ts";

const mailSchema = z.object({
  operationId: z.string(),
  /** RFC 3339. */
  acceptedAt: z.iso.datetime(),
  from: z.string(),
  to: z.array(z.string()),
  cc: z.array(z.string()),
  bcc: z.array(z.string()),
  subject: z.string(),
  plainText: z.string().optional(),
  html: z.string().optional(),
  headers: z.record(z.string(), z.string()),
  attachments: z.array(z.object({ name: z.string(), contentType: z.string(), bytes: z.int(), file: z.string() })),
  /** Set when the mail was accepted and then failed. */
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
});

export type StoredMail = z.infer<typeof mailSchema>;
/** What the list shows: everything but the bodies. */
export type MailSummary = Omit<StoredMail, "plainText" | "html" | "headers">;

export interface MailStore {
  /** Newest last. */
  list(): readonly MailSummary[];
  summary(operationId: string): MailSummary | undefined;
  read(operationId: string): StoredMail | undefined;
  eml(operationId: string): string | undefined;
  /** Content of the attachment at this position, from 0. */
  attachment(operationId: string, index: number): Buffer | undefined;
  add(operationId: string, message: EmailMessage, acceptedAt: number, failure: StoredMail["failure"]): MailSummary;
}

const isComplete = (name: string): boolean => /^\d{9}-[0-9a-f-]{36}$/u.test(name);

/** Opens the folder and reads what it holds; beyond `maxMails` the oldest mails are deleted. */
export function openMailStore(dataDir: string, maxMails = 20_000): MailStore {
  mkdirSync(dataDir, { recursive: true });
  const known = new Map<string, { readonly folder: string; readonly summary: MailSummary }>();
  let last = 0;
  for (const name of readdirSync(dataDir).sort()) {
    // What is not a finished mail is the rest of one that was never acknowledged.
    if (name.endsWith(".tmp")) rmSync(join(dataDir, name), { recursive: true });
    if (!isComplete(name)) continue;
    const mail = readMail(join(dataDir, name));
    known.set(mail.operationId, { folder: join(dataDir, name), summary: summaryOf(mail) });
    last = Number(name.slice(0, 9));
  }
  const folderOf = (operationId: string): string | undefined => known.get(operationId)?.folder;
  return {
    list: () => Array.from(known.values(), (entry) => entry.summary),
    summary: (operationId) => known.get(operationId)?.summary,
    read: (operationId) => {
      const folder = folderOf(operationId);
      return folder === undefined ? undefined : readMail(folder);
    },
    eml: (operationId) => {
      const folder = folderOf(operationId);
      return folder === undefined ? undefined : readFileSync(join(folder, "message.eml"), "utf8");
    },
    attachment: (operationId, index) => {
      const entry = known.get(operationId);
      const file = entry?.summary.attachments[index]?.file;
      return entry === undefined || file === undefined ? undefined : readFileSync(join(entry.folder, file));
    },
    add(operationId, message, acceptedAt, failure) {
      last += 1;
      const folder = join(dataDir, `${String(last).padStart(9, "0")}-${operationId}`);
      const mail = mailOf(operationId, message, acceptedAt, failure);
      writeMail(folder, mail, message, acceptedAt);
      const summary = summaryOf(mail);
      known.set(operationId, { folder, summary });
      const oldest = known.size > maxMails ? known.entries().next().value : undefined;
      if (oldest !== undefined) {
        known.delete(oldest[0]);
        rmSync(oldest[1].folder, { recursive: true, force: true });
      }
      return summary;
    },
  };
}

function readMail(folder: string): StoredMail {
  const path = join(folder, "mail.json");
  try {
    return mailSchema.parse(JSON.parse(readTextIfPresent(path) ?? ""));
  } catch (error) {
    throw new ClearError(`mail: ${path} is not a stored mail. Delete the folder ${folder} and start again.`, {
      cause: error,
    });
  }
}

function writeMail(folder: string, mail: StoredMail, message: EmailMessage, acceptedAt: number): void {
  const temporary = `${folder}.tmp`;
  mkdirSync(temporary);
  writeFileSync(join(temporary, "mail.json"), `${JSON.stringify(mail, undefined, 2)}\n`);
  writeFileSync(join(temporary, "message.eml"), renderEml(message, mail.operationId, acceptedAt));
  for (const [index, attachment] of (message.attachments ?? []).entries()) {
    const file = mail.attachments[index]?.file;
    if (file !== undefined) writeFileSync(join(temporary, file), Buffer.from(attachment.contentInBase64, "base64"));
  }
  renameSync(temporary, folder);
}

function mailOf(
  operationId: string,
  message: EmailMessage,
  acceptedAt: number,
  failure: StoredMail["failure"],
): StoredMail {
  const { recipients, content } = message;
  const addresses = (list: typeof recipients.to): string[] => (list ?? []).map((one) => one.address);
  return {
    operationId,
    acceptedAt: new Date(acceptedAt).toISOString(),
    from: message.senderAddress,
    to: addresses(recipients.to),
    cc: addresses(recipients.cc),
    bcc: addresses(recipients.bcc),
    subject: content.subject,
    ...(content.plainText ? { plainText: content.plainText } : {}),
    ...(content.html ? { html: content.html } : {}),
    headers: message.headers ?? {},
    attachments: (message.attachments ?? []).map((one, index) => ({
      name: one.name,
      contentType: one.contentType,
      bytes: Buffer.byteLength(one.contentInBase64, "base64"),
      file: `attachment-${index}-${one.name.replaceAll(/[^\w.-]+/gu, "_").slice(-80)}`,
    })),
    ...defined({ failure }),
  };
}

function summaryOf({ plainText: _text, html: _html, headers: _headers, ...summary }: StoredMail): MailSummary {
  return summary;
}

/** Whether one of the mail's recipients is `address`, whatever its case. */
export const isAddressedTo = (mail: MailSummary, address: string): boolean =>
  [...mail.to, ...mail.cc, ...mail.bcc].some((one) => one.toLowerCase() === address.toLowerCase());
