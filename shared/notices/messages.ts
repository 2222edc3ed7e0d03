// Messages of the queue `mail-reports`: what the mail service tells about mails after it took them. Event Grid delivers
// them (Microsoft.Communication.EmailDeliveryReportReceived), as CloudEvents 1.0 or in its own schema, one or several.
// Unknown fields are left alone: the service adds some from time to time.

import { createHash } from "node:crypto";
import { z } from "zod";
import { PermanentFailure } from "../kernel/failures.ts";
import { againSlot } from "../platform/again-slot.ts";
import type { OutgoingMessage } from "../platform/bus.ts";

export const MAIL_REPORT_QUEUE = "mail-reports";

const EVENT_TYPE = "Microsoft.Communication.EmailDeliveryReportReceived";

/** The mail is not, or not visibly, in the recipient's mailbox. */
const LOST = ["Bounced", "Failed", "Quarantined", "FilteredSpam", "Suppressed"] as const;
/** It is there, or on its way there. */
const FINE = ["Delivered", "Expanded", "OutForDelivery"] as const;

const dataSchema = z.object({
  /** The mail's operation id. */
  messageId: z.string().min(1).max(100),
  recipient: z.string().min(1).max(320),
  status: z.enum([...LOST, ...FINE]),
});
/** CloudEvents name the type `type`, Event Grid's own schema `eventType`. */
const eventSchema = z
  .object({ type: z.literal(EVENT_TYPE).optional(), eventType: z.literal(EVENT_TYPE).optional(), data: dataSchema })
  .refine((event) => (event.type ?? event.eventType) !== undefined, `must be an event ${EVENT_TYPE}`);
const MAX_EVENTS = 1000;
const eventsSchema = z.array(eventSchema).min(1).max(MAX_EVENTS);

export interface MailReport {
  readonly operationId: string;
  readonly recipient: string;
  readonly status: z.infer<typeof dataSchema>["status"];
}

const LOST_STATUSES: ReadonlySet<string> = new Set(LOST);
export const isLost = ({ status }: MailReport): boolean => LOST_STATUSES.has(status);

/**
 * The reports of one message. Throws PermanentFailure, which names what is wrong without the recipient, for a message that
 * is none: it belongs into the dead-letter queue, also when only one of its events is bad.
 */
export function parseMailReports(message: unknown): readonly MailReport[] {
  const events = typeof message === "string" ? parseJson(message) : message;
  const parsed = eventsSchema.safeParse(Array.isArray(events) ? events : [events]);
  if (!parsed.success) {
    throw new PermanentFailure(
      `The message is no list of ${EVENT_TYPE}: ${z.prettifyError(parsed.error).slice(0, 400)}`,
    );
  }
  return parsed.data.map(({ data: { messageId, recipient, status } }) => ({
    operationId: messageId,
    recipient,
    status,
  }));
}

/** The host hands on as text what was sent without a content type. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const AGAIN = { gridMs: 30_000, longestMs: 10 * 60_000 };

/** The same reports later, after a transient failure; asked for twice within the same half minute it is sent once. */
export function reportAgainMessage(
  reports: readonly MailReport[],
  now: number,
  retryAfterMs?: number,
): OutgoingMessage {
  // Not the message as it came: its events have names (`subject`) that no message of ours may have.
  const body = reports.map(({ operationId: messageId, ...data }) => ({
    eventType: EVENT_TYPE,
    data: { messageId, ...data },
  }));
  const { slot, at } = againSlot(AGAIN, now, retryAfterMs);
  const hash = createHash("sha256").update(JSON.stringify(body)).digest("hex").slice(0, 32);
  return { body, messageId: `mail-report:${hash}:${slot}`, scheduledAt: at };
}
