// A notice: one mail to one organisation about its upgrade. The row is the evidence that delivery was accepted.

import { z } from "zod";
import { instant } from "../../kernel/rfc3339.ts";
import { PermanentFailure } from "../../kernel/failures.ts";
import { languageSchema, organisationIdSchema } from "../../kernel/identity.ts";
import { cut } from "../../kernel/text.ts";
import { timeZoneSchema } from "../../kernel/time/zones.ts";
import { LONGEST_REPORTED } from "../../kernel/version.ts";

export const NOTICE_KINDS = [
  "announcement",
  /** An urgent correction: told at once instead of four weeks ahead, and never movable by link. */
  "hotfix",
  "reminder7",
  "reminder1",
  "change",
  "cancellation",
  "completion",
  "rollBack",
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Kinds whose acceptance starts the notice period. Not `hotfix`: it must never be taken for four weeks' notice. */
export const DATING_KINDS: readonly NoticeKind[] = ["announcement", "change"];

export const NOTICE_STATUSES = ["pending", "accepted", "failed", "bounced", "withdrawn"] as const;

const address = z.email().max(254);

/** Also what a system reported that is no version: the customer must be told all the same. */
const versionText = z.string().min(1).max(LONGEST_REPORTED);

/** What the mail says. Instants are those derived from the window at the time of writing. */
export const noticeAppointmentSchema = z.object({
  organisationName: z.string().min(1).max(200),
  /** IANA. Checked when the notice is asked for; whether it is still known shows when the mail is written. */
  timeZone: z.string().min(1).max(100),
  /** The announced time; for completion and rollBack when the system went offline and was online again. */
  start: instant,
  end: instant,
  /** The version that is brought. */
  version: versionText,
  /** The version in use before; for rollBack the one in use again. */
  previousVersion: versionText.optional(),
  /** About how long the organisation will be offline between start and end; not for what is over. */
  offlineMs: z.int().nonnegative().optional(),
  /** For hotfix: why it cannot wait, in the customer's language. */
  reason: z.string().min(1).max(500).optional(),
  /** For change: the time that no longer holds. */
  previousStart: instant.optional(),
  /** What was announced and is told of by that name until its end: an update when absent. */
  work: z.enum(["hotfix"]).optional(),
  /** For cancellation: why, where the customer must know it. Without a cause their system simply stays as it is. */
  because: z.enum(["functionalCheckFailed"]).optional(),
});
export type NoticeAppointment = Readonly<z.infer<typeof noticeAppointmentSchema>>;

export const campaignIdSchema = z.string().regex(/^[A-Za-z0-9-]{1,60}$/, "must be a campaign id");

/** Which notice: a second one of the same key is the same notice. No part can contain a bar or a colon. */
export const noticeKeySchema = z.object({
  campaignId: campaignIdSchema,
  organisationId: organisationIdSchema,
  kind: z.enum(NOTICE_KINDS),
  /** Revision of the appointment, and SEQUENCE of its calendar file: 0 at first, one more per change or cancellation. */
  sequence: z.int().min(0).max(999_999),
});
export type NoticeKey = Readonly<z.infer<typeof noticeKeySchema>>;

/** What a caller asks for. */
export const newNoticeSchema = noticeKeySchema
  .extend({
    language: languageSchema,
    /** The organisation's contacts. With none the notice fails at once and becomes a task for support. */
    recipients: z.array(address).max(20),
    appointment: noticeAppointmentSchema.extend({ timeZone: timeZoneSchema }),
    /** Whether the campaign lets the customer choose another time by the link in the mail; no when absent. */
    canReschedule: z.boolean().optional(),
    /** W3C trace context of whoever asked: the mail continues that trace. */
    traceparent: z.string().max(100).optional(),
    /** Not sent earlier, e.g. a reminder. */
    notBefore: instant,
    /** By when it should be accepted: those with the nearest deadline are sent first. It is sent later even so. */
    deadline: instant,
  })
  .refine((notice) => notice.appointment.end > notice.appointment.start, "the appointment must end after its start");
export type NewNotice = Readonly<z.infer<typeof newNoticeSchema>>;

export const noticeSchema = noticeKeySchema.extend({
  noticeId: z.string(),
  language: languageSchema,
  recipients: z.array(address).max(20),
  appointment: noticeAppointmentSchema,
  canReschedule: z.boolean().optional(),
  traceparent: z.string().max(100).optional(),
  deadline: instant,
  status: z.enum(NOTICE_STATUSES),
  requestedAt: instant,
  /** When the service had taken the mail for delivery. */
  acceptedAt: instant.optional(),
  /** Attempts that ended without a decision. */
  attempts: z.int().nonnegative(),
  /** Refusals in a row; after a few the notice has failed. */
  refusals: z.int().nonnegative(),
  /** For pending: when to try (again). */
  nextAttemptAt: instant,
  /** Which mail it is: support's resending after a failure makes a new one, a repetition after a crash does not. */
  mailNumber: z.int().positive(),
  bouncedRecipients: z.array(address).max(20),
  /** What the reports said, in the words of the service. */
  bounces: z
    .array(z.object({ recipient: address, status: z.string().max(100) }))
    .max(100)
    .optional(),
  failure: z.string().max(500).optional(),
});
export type Notice = Readonly<z.infer<typeof noticeSchema>>;

/** `campaign:organisation:kind:sequence`; the parts cannot contain a colon (their schemas say so). */
export const noticeIdOf = ({ campaignId, organisationId, kind, sequence }: NoticeKey): string =>
  `${campaignId}:${organisationId}:${kind}:${sequence}`;

/** Throws PermanentFailure for one that is not well-formed. */
export function checkNotice(asked: NewNotice): NewNotice {
  const parsed = newNoticeSchema.safeParse(asked);
  if (parsed.success) return parsed.data;
  throw new PermanentFailure(`Notice ${cut(noticeIdOf(asked), 200)}: ${z.prettifyError(parsed.error)}`);
}

export const NO_CONTACT = "the organisation has no contact";

/** A notice that waits to be sent, or has failed already because there is nobody to send it to. */
export function freshNotice({ notBefore, ...asked }: NewNotice, now: number): Notice {
  const hasContact = asked.recipients.length > 0;
  return {
    ...asked,
    noticeId: noticeIdOf(asked),
    status: hasContact ? "pending" : "failed",
    requestedAt: now,
    attempts: 0,
    refusals: 0,
    nextAttemptAt: notBefore,
    mailNumber: 1,
    bouncedRecipients: [],
    ...(hasContact ? {} : { failure: NO_CONTACT }),
  };
}
