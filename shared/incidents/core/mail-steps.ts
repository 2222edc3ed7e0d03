// What becomes of an incident when its mail is accepted, delayed or refused. Each function gives the next row, or
// undefined when nothing changes. A mail is never given up: the pauses grow to an hour and no further.

import { HOUR_MS, MINUTE_MS } from "../../kernel/time/durations.ts";
import type { Incident } from "./incident.ts";
import { cut } from "../../kernel/text.ts";

const FIRST_PAUSE_MS = MINUTE_MS;
/** While the service does not answer: it may be back at any moment, and the incident is waiting. */
const LONGEST_PAUSE_MS = 15 * MINUTE_MS;
const REFUSED_PAUSE_MS = 5 * MINUTE_MS;
/** From this refusal on it is clear that somebody must repair the sender: tried hourly. */
export const MANY_REFUSALS = 3;
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
