// Notices as the HTTP API shows them.

import { z } from "zod";
import { rfc3339 } from "../kernel/rfc3339.ts";
import { withExamples } from "../platform/http/example.ts";
import {
  campaignIdSchema,
  NOTICE_KINDS,
  NOTICE_STATUSES,
  noticeKeySchema,
  noticeSchema,
  type Notice,
} from "./core/notice.ts";

const time = z.iso.datetime({ offset: true });

export const noticeView = withExamples(
  z.object({
    campaignId: campaignIdSchema,
    organisationId: z.string(),
    kind: z.enum(NOTICE_KINDS),
    sequence: z.int().describe("Revision of the appointment: 0 at first, one more per change or cancellation."),
    status: z.enum(NOTICE_STATUSES),
    language: z.enum(["de", "en"]),
    start: time.describe("The announced start; of completion and rollBack when the system went offline."),
    end: time,
    timeZone: z.string(),
    recipients: z.array(z.string()),
    bouncedRecipients: z.array(z.string()),
    bounces: z
      .array(z.object({ recipient: z.string(), status: z.string() }))
      .describe("What the mail service reported, in its words."),
    requestedAt: time,
    acceptedAt: time.optional().describe("When the mail service had taken the mail for delivery."),
    nextAttemptAt: time.optional().describe("Of a pending notice."),
    deadline: time,
    mailNumber: z.int().describe("1 for the first mail; one more each time support had it sent again."),
    failure: z.string().optional(),
  }),
  {
    campaignId: "c-ea76746008018523",
    organisationId: "elbe-insurance",
    kind: "announcement",
    sequence: 0,
    status: "accepted",
    language: "de",
    start: "2026-12-29T19:30:00.000Z",
    end: "2026-12-30T00:30:00.000Z",
    timeZone: "Europe/Berlin",
    recipients: ["it@elbe-insurance.example"],
    bouncedRecipients: [],
    bounces: [],
    requestedAt: "2026-11-28T16:07:00.214Z",
    acceptedAt: "2026-11-28T16:07:06.031Z",
    deadline: "2026-12-01T19:30:00.000Z",
    mailNumber: 1,
  },
);
export type NoticeView = Readonly<z.infer<typeof noticeView>>;

export const noticesView = z.object({ items: z.array(noticeView) });

export const resendBody = withExamples(z.strictObject({ recipients: noticeSchema.shape.recipients.min(1) }), {
  recipients: ["new-it@elbe-insurance.example"],
});

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
    ...(notice.acceptedAt !== undefined && { acceptedAt: rfc3339(notice.acceptedAt) }),
    ...(status === "pending" && { nextAttemptAt: rfc3339(notice.nextAttemptAt) }),
    deadline: rfc3339(notice.deadline),
    mailNumber,
    ...(failure !== undefined && { failure }),
  };
}
