// The mail as the REST API takes it (api-version 2025-09-01), checked as the service checks it.
import { z } from "zod";
import { err, ok, type Result } from "../../shared/kernel/result.ts";

const addressText = z
  .string()
  .max(320)
  .regex(/^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$/u);
const mailbox = z.object({ address: addressText, displayName: z.string().max(200).nullish() });
const mailboxes = z.array(mailbox).max(50).nullish();
const base64 = z.string().regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u);

const messageSchema = z.object({
  senderAddress: addressText,
  headers: z.record(z.string().regex(/^[\w-]{1,100}$/u), z.string().max(2000)).nullish(),
  content: z
    .object({ subject: z.string().min(1).max(1000), plainText: z.string().nullish(), html: z.string().nullish() })
    .refine((content) => Boolean(content.plainText) || Boolean(content.html)),
  recipients: z
    .object({ to: mailboxes, cc: mailboxes, bcc: mailboxes })
    .refine((all) => [all.to, all.cc, all.bcc].some((list) => (list?.length ?? 0) > 0)),
  attachments: z
    .array(
      z.object({
        name: z.string().min(1).max(260),
        contentType: z.string().min(1).max(260),
        contentInBase64: base64.min(1),
        contentId: z.string().max(260).nullish(),
      }),
    )
    .max(100)
    .nullish(),
  replyTo: mailboxes,
  userEngagementTrackingDisabled: z.boolean().nullish(),
});

export type EmailMessage = z.infer<typeof messageSchema>;
export type Mailbox = z.infer<typeof mailbox>;

/** The message, or the property that is wrong, named as the service names it (`recipients.to[0].address`). */
export function parseMessage(body: unknown): Result<EmailMessage, string> {
  const parsed = messageSchema.safeParse(body);
  if (parsed.success) return ok(parsed.data);
  const path = parsed.error.issues[0]?.path ?? [];
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return err(text.replace(/^\./u, "") || "body");
}

/** Every recipient's address, lower case. */
export const recipientsOf = ({ recipients }: EmailMessage): readonly string[] =>
  [recipients.to, recipients.cc, recipients.bcc].flatMap((list) =>
    (list ?? []).map((one) => one.address.toLowerCase()),
  );
