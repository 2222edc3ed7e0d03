// Messages of the queue `mail-reports`: what the mail service tells about mails after it took them. Event Grid delivers
// them (Microsoft.Communication.EmailDeliveryReportReceived), as CloudEvents 1.0 or in its own schema, one or several.
// Unknown fields are left alone: the service adds some from time to time.

import { MINUTE_MS } from "../kernel/time/durations.ts";
import { createHash } from "node:crypto";
import { z } from "zod";
import { PermanentFailure } from "../kernel/failures.ts";
import { oneOf, optionalText, parseForeignJson, requiredText } from "../kernel/foreign.ts";
import { cut, part } from "../kernel/text.ts";
import { againSlot } from "../platform/bus/retry-slot.ts";
import type { OutgoingMessage } from "../platform/bus/bus.ts";

const EVENT_TYPE = "Microsoft.Communication.EmailDeliveryReportReceived";

/** The mail is in the recipient's mailbox, or on its way there. Every other status, also one that is new, counts as lost. */
const FINE = ["Delivered", "Expanded", "OutForDelivery"] as const;
const fineStatus = oneOf(FINE);

const eventSchema = z
  .object({
    /** CloudEvents name the type `type`, Event Grid's own schema `eventType`. */
    type: oneOf([EVENT_TYPE]),
    eventType: oneOf([EVENT_TYPE]),
    data: z.object({
      /** The mail's operation id. */
      messageId: requiredText(100),
      recipient: requiredText(320),
      status: optionalText(100),
    }),
  })
  .refine((event) => (event.type ?? event.eventType) !== undefined, `must be an event ${EVENT_TYPE}`);

export interface MailReport {
  readonly operationId: string;
  readonly recipient: string;
  /** As sent; `Unknown` when nothing was. */
  readonly status: string;
}

export const isLost = ({ status }: MailReport): boolean => fineStatus.parse(status) === undefined;

export interface MailReports {
  readonly reports: readonly MailReport[];
  /** What is wrong with the events that are no reports, without their recipients. */
  readonly unreadable: PermanentFailure | undefined;
}

/** The reports of one message. An event that cannot be read does not spoil the others. */
export function parseMailReports(message: unknown): MailReports {
  // The host hands on as text what was sent without a content type.
  const sent = typeof message === "string" ? parseForeignJson(message) : message;
  const events: readonly unknown[] = Array.isArray(sent) ? sent : [sent];
  const parsed = events.map((event) => eventSchema.safeParse(event));
  const reports = parsed.flatMap(({ data }): MailReport[] => {
    if (data === undefined) return [];
    const { messageId: operationId, recipient, status = "Unknown" } = data.data;
    return [{ operationId, recipient, status }];
  });
  if (reports.length === events.length && reports.length > 0) return { reports, unreadable: undefined };
  const wrong = parsed.map(({ error }, index) => (error ? `[${index}] ${z.prettifyError(error)}` : "")).filter(Boolean);
  const why = cut(wrong.join(" ") || "it is empty", 400);
  return { reports, unreadable: new PermanentFailure(`The message is no list of ${EVENT_TYPE}: ${why}`) };
}

/** A message of the queue as it can be sent again: an event alone has names (`subject`) that no message of ours may have. */
export const asReports = (message: unknown): unknown =>
  typeof message === "string" || Array.isArray(message) ? message : [message];

const AGAIN = { gridMs: 30_000, longestMs: 10 * MINUTE_MS };

/** The same reports later, after a transient failure; asked for twice within the same half minute it is sent once. */
export function retryReportMessage(
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
  const hash = part(createHash("sha256").update(JSON.stringify(body)).digest("hex"), 0, 32);
  return { body, messageId: `mail-report:${hash}:${slot}`, scheduledAt: at };
}
