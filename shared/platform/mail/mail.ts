// Port of sending mail. `azure-mail.ts` implements it on Communication Services, `memory-mail.ts` for tests and the
// simulation; both pass test/contract/platform/mail.suite.ts.
import { PermanentFailure } from "../../kernel/failures.ts";
import { cut } from "../../kernel/text.ts";

export interface MailAttachment {
  readonly name: string;
  readonly contentType: string;
  readonly content: Uint8Array;
}

export interface Mail {
  /** A UUID, deterministic (ids.ts): a mail is sent once however often it is asked for under the same id. */
  readonly operationId: string;
  /** 1 to 50 addresses. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly attachments?: readonly MailAttachment[];
  /** W3C trace context of what caused the mail; not part of it. */
  readonly traceparent?: string;
}

/** `failed`: the service took the mail and could not send it; asking again under the same id cannot help. */
export type MailOutcome = { readonly kind: "sent" } | { readonly kind: "failed"; readonly reason: string };

export interface Mailer {
  /**
   * Returns when the service has sent the mail. Throws TransientFailure when that is not known or not possible now
   * (asking again with the same id is safe; `retryAfterMs` when the service said so), PermanentFailure when the mail or
   * the sender is refused.
   */
  send(mail: Mail): Promise<MailOutcome>;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ADDRESS = /^[^\s@<>"]{1,64}@[^\s@<>"]{1,255}$/;
const MAX_RECIPIENTS = 50;
/** The service takes requests of 10 MB, in which attachments are in base64. */
const MAX_BYTES = 7_000_000;

/** Throws PermanentFailure, naming the mail, for what the service would refuse. */
export function checkMail(mail: Mail): void {
  const refuse = (why: string): never => {
    throw new PermanentFailure(`Mail ${cut(mail.operationId, 40)}: ${why}`);
  };
  if (!UUID.test(mail.operationId)) refuse("its operation id must be a UUID in lower case.");
  if (mail.to.length === 0 || mail.to.length > MAX_RECIPIENTS) {
    refuse(`it must have 1 to ${MAX_RECIPIENTS} recipients, not ${mail.to.length}.`);
  }
  const bad = mail.to.findIndex((address) => !ADDRESS.test(address));
  if (bad >= 0) refuse(`recipient ${bad + 1} is no mail address.`);
  if (mail.subject.trim() === "" || /[\r\n]/.test(mail.subject)) refuse("its subject must be one line of text.");
  if (mail.text === "") refuse("its text is empty.");
  const attached = (mail.attachments ?? []).reduce((bytes, { content }) => bytes + content.byteLength, 0);
  const bytes = Buffer.byteLength(mail.text) + Buffer.byteLength(mail.html ?? "") + attached;
  if (bytes > MAX_BYTES) refuse(`it has ${bytes} bytes with its attachments, at most ${MAX_BYTES} fit.`);
}
