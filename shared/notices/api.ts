// Notices as the HTTP API shows them.

import { defined } from "../kernel/defined.ts";
import { z } from "zod";
import { dateTime, rfc3339 } from "../kernel/rfc3339.ts";
import {
  campaignIdSchema,
  NOTICE_KINDS,
  NOTICE_STATUSES,
  noticeKeySchema,
  noticeSchema,
  type Notice,
} from "./core/notice.ts";
import examples from "./examples.json" with { type: "json" };

export const noticeView = z
  .object({
    campaignId: campaignIdSchema,
    organisationId: z.string(),
    kind: z.enum(NOTICE_KINDS),
    sequence: z.int().describe("Revision of the appointment: 0 at first, one more per change or cancellation."),
    status: z.enum(NOTICE_STATUSES),
    language: z.enum(["de", "en"]),
    start: dateTime.describe("The announced start; of completion and rollBack when the system went offline."),
    end: dateTime,
    timeZone: z.string(),
    recipients: z.array(z.string()),
    bouncedRecipients: z.array(z.string()),
    bounces: z
      .array(z.object({ recipient: z.string(), status: z.string() }))
      .describe("What the mail service reported, in its words."),
    requestedAt: dateTime,
    acceptedAt: dateTime.optional().describe("When the mail service had taken the mail for delivery."),
    nextAttemptAt: dateTime.optional().describe("Of a pending notice."),
    deadline: dateTime,
    mailNumber: z.int().describe("1 for the first mail; one more each time support had it sent again."),
    failure: z.string().optional(),
  })
  .meta({ examples: examples.notice });
export type NoticeView = Readonly<z.infer<typeof noticeView>>;

export const noticesView = z.object({ items: z.array(noticeView) });

export const resendBody = z
  .strictObject({ recipients: noticeSchema.shape.recipients.min(1) })
  .meta({ examples: examples.resend });

/** A notice in an address. */
export const noticeParams = noticeKeySchema.extend({
  sequence: z.coerce.number().pipe(noticeKeySchema.shape.sequence),
});

export function viewNotice(notice: Notice): NoticeView {
  const { campaignId, organisationId, kind, sequence, status, language, appointment, mailNumber, failure } = notice;
  return {
    campaignId,
    organisationId,
    kind,
    sequence,
    status,
    language,
    start: rfc3339(appointment.start),
    end: rfc3339(appointment.end),
    timeZone: appointment.timeZone,
    recipients: [...notice.recipients],
    bouncedRecipients: [...notice.bouncedRecipients],
    bounces: notice.bounces ?? [],
    requestedAt: rfc3339(notice.requestedAt),
    ...(notice.acceptedAt === undefined ? {} : { acceptedAt: rfc3339(notice.acceptedAt) }),
    ...(status === "pending" && { nextAttemptAt: rfc3339(notice.nextAttemptAt) }),
    deadline: rfc3339(notice.deadline),
    mailNumber,
    ...defined({ failure }),
  };
}
