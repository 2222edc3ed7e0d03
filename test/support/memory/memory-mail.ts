// Mailer in memory for tests and simulations.
import { checkMail, type Mail, type Mailer } from "../../../shared/platform/mail/mail.ts";

export interface MemoryMailer extends Mailer {
  /** What was sent, oldest first, each once. */
  readonly sent: readonly Mail[];
  /** The next new mail to this address is taken and then fails for this reason. */
  failNext(address: string, reason: string): void;
}

export function memoryMailer(): MemoryMailer {
  const sent: Mail[] = [];
  /** Operation id -> why it failed; undefined when it was sent. */
  const known = new Map<string, string | undefined>();
  const failures = new Map<string, string>();
  return {
    sent,
    failNext: (address, reason) => void failures.set(address, reason),
    async send(mail) {
      checkMail(mail);
      if (!known.has(mail.operationId)) {
        const address = mail.to.find((recipient) => failures.has(recipient));
        known.set(mail.operationId, address === undefined ? undefined : failures.get(address));
        if (address === undefined) sent.push(structuredClone(mail));
        else failures.delete(address);
      }
      const reason = known.get(mail.operationId);
      return reason === undefined ? { kind: "sent" } : { kind: "failed", reason };
    },
  };
}
