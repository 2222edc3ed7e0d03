// An incident: something that people must know of and act on. It is stored, and mailed to the support address.

import { z } from "zod";
import { instant } from "../../kernel/rfc3339.ts";
import { PermanentFailure } from "../../kernel/failures.ts";
import { redacted } from "../../kernel/foreign-text.ts";
import { cut } from "../../kernel/text.ts";
import { HOUR_MS, MINUTE_MS } from "../../kernel/time/durations.ts";

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

const FIRST_PAUSE_MS = MINUTE_MS;
/** While the service does not answer: it may be back at any moment, and the incident is waiting. */
const LONGEST_PAUSE_MS = 15 * MINUTE_MS;
const REFUSED_PAUSE_MS = 5 * MINUTE_MS;
/** From this refusal on it is clear that somebody must repair the sender: tried hourly. */
const MANY_REFUSALS = 3;
const MANY_REFUSED_PAUSE_MS = HOUR_MS;
const MAX_FAILURE = 500;

export type MailStep = (incident: Incident, now: number) => Incident | undefined;

export const mailAccepted: MailStep = (incident, now) => {
  if (incident.mail.status === "accepted") return undefined;
  const { failure: _, ...mail } = incident.mail;
  return { ...incident, mail: { ...mail, status: "accepted", acceptedAt: now } };
};

/** No answer, so whether it was sent is unknown: again under the same id. `pauseMs` when the service asked for one. */
export const mailPostponed =
  (reason: string, pauseMs?: number): MailStep =>
  (incident, now) => {
    const { mail } = incident;
    if (mail.status === "accepted") return undefined;
    const own = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(mail.attempts, 10), LONGEST_PAUSE_MS);
    const pause = Math.min(pauseMs ?? own, LONGEST_PAUSE_MS);
    const next = { ...mail, attempts: mail.attempts + 1, nextAttemptAt: now + pause, failure: short(reason) };
    return { ...incident, mail: next };
  };

/** The service refused mail or sender. */
export const mailRefused =
  (reason: string): MailStep =>
  (incident, now) => {
    const { mail } = incident;
    if (mail.status === "accepted") return undefined;
    const refusals = mail.refusals + 1;
    const pause = refusals < MANY_REFUSALS ? REFUSED_PAUSE_MS : MANY_REFUSED_PAUSE_MS;
    return { ...incident, mail: { ...mail, refusals, nextAttemptAt: now + pause, failure: short(reason) } };
  };

/** The service took this mail and could not send it: only another one can help. Twice changes nothing. */
export const mailFailed =
  (reason: string, mailNumber: number): MailStep =>
  (incident, now) => {
    if (incident.mail.mailNumber !== mailNumber) return undefined;
    const refused = mailRefused(reason)(incident, now);
    return refused === undefined ? undefined : { ...refused, mail: { ...refused.mail, mailNumber: mailNumber + 1 } };
  };

const short = (reason: string): string => cut(reason, MAX_FAILURE);
