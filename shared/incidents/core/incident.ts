// An incident: something that people must know of and act on. It is stored, and mailed to the support address.

import { z } from "zod";
import { instant } from "../../kernel/rfc3339.ts";
import { PermanentFailure } from "../../kernel/failures.ts";
import { redacted } from "../../kernel/foreign-text.ts";
import { cut } from "../../kernel/text.ts";

/**
 * 0: page at once, customers are down or cannot be brought back; 1: answer at once, by day and night, it will become a 0;
 * 2: the same working day; 3: a task for office hours.
 */
export const SEVERITIES = [0, 1, 2, 3] as const;
export type Severity = (typeof SEVERITIES)[number];

export const incidentIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9:._-]{0,199}$/, "must be 1 to 200 letters, digits, colons, dots, hyphens, underscores");

const subjectSchema = z.object({
  organisationId: z.string().max(100).optional(),
  campaignId: z.string().max(100).optional(),
  version: z.string().max(100).optional(),
});
/** What it is about. */
export type Subject = Readonly<z.infer<typeof subjectSchema>>;

/** What is given to raise one. Texts that are too long are cut: an incident is never lost for its wording. */
export interface NewIncident {
  /** The same trouble has the same id, made from what it is about, never at random. */
  readonly incidentId: string;
  readonly severity: Severity;
  /** Kind of trouble for machines, e.g. `upgrade.rollBackFailed`. */
  readonly kind: string;
  /** One line for people; it becomes the subject of the mail. */
  readonly title: string;
  /** What happened and what to do. Must hold no secret: it is stored and mailed. */
  readonly detail: string;
  readonly subject: Subject;
}

/** Raising the same incident again changes nothing. */
export type RaiseIncident = (incident: NewIncident) => Promise<unknown>;

const mailStateSchema = z.object({
  /** `pending` until the mail service has taken it; it is never given up. */
  status: z.enum(["pending", "accepted"]),
  acceptedAt: instant.optional(),
  /** Tries without a decision, and refusals. */
  attempts: z.int().nonnegative(),
  refusals: z.int().nonnegative(),
  nextAttemptAt: instant,
  /** Another mail after the service took one and could not send it. */
  mailNumber: z.int().positive(),
  failure: z.string().max(500).optional(),
});

export const incidentSchema = z.object({
  incidentId: incidentIdSchema,
  severity: z.literal(SEVERITIES),
  kind: z.string().min(1).max(100),
  title: z.string().min(1).max(200),
  detail: z.string().max(4000),
  subject: subjectSchema,
  raisedAt: instant,
  mail: mailStateSchema,
  /** Who said first that they take care of it, as text form of an Actor. */
  acknowledgedBy: z.string().optional(),
  acknowledgedAt: instant.optional(),
});
export type Incident = Readonly<z.infer<typeof incidentSchema>>;

/** Throws PermanentFailure for an id, kind or severity that is none: a mistake in the code that raises it. */
export function freshIncident(asked: NewIncident, now: number): Incident {
  const { organisationId, campaignId, version } = asked.subject;
  const checked = incidentSchema.safeParse({
    ...asked,
    title: oneLine(redacted(asked.title)) || asked.kind,
    detail: cut(redacted(asked.detail), 4000),
    subject: {
      ...(organisationId === undefined ? {} : { organisationId: cut(organisationId, 100) }),
      ...(campaignId === undefined ? {} : { campaignId: cut(campaignId, 100) }),
      ...(version === undefined ? {} : { version: cut(version, 100) }),
    },
    raisedAt: now,
    mail: { status: "pending", attempts: 0, refusals: 0, nextAttemptAt: now, mailNumber: 1 },
  });
  if (checked.success) return checked.data;
  throw new PermanentFailure(`This cannot be raised as an incident: ${z.prettifyError(checked.error)}`);
}

/** For the subject of a mail: no line breaks, no other control characters. */
const oneLine = (text: string): string => cut(text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim(), 200);
