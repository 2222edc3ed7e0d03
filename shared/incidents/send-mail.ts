// One attempt to send the mail of an incident, and what follows from it. Sending is safe to repeat: the mail's id is that
// of the incident.

import { describeFailure, PermanentFailure, TransientFailure } from "../kernel/failures.ts";
import type { Clock } from "../platform/clock/clock.ts";
import { withDeadline } from "../platform/deadline.ts";
import type { IncidentLog } from "./signals.ts";
import type { Mailer } from "../platform/mail/mail.ts";
import { changeIncident } from "./change-incident.ts";
import { composeIncidentMail, type MailSurroundings } from "./compose-mail.ts";
import { mailAccepted, mailFailed, mailPostponed, mailRefused, type MailStep } from "./core/mail-steps.ts";
import type { Incident } from "./core/incident.ts";
import type { IncidentStore, StoredIncident } from "./store.ts";

export interface MailDeps extends MailSurroundings {
  readonly store: Pick<IncidentStore, "read" | "save">;
  readonly mailer: Mailer;
  readonly clock: Clock;
  readonly log: IncidentLog;
}

/** `postponed`: the service did not answer or asked for a pause. `refused`: it will not take it as things are. */
export type MailAttempt = "accepted" | "postponed" | "refused";

/** Throws when storage cannot be reached: the mail stays in the queue and is tried again under the same id. */
export async function sendIncidentMail(
  deps: MailDeps,
  stored: StoredIncident,
  timeoutMs: number,
): Promise<MailAttempt> {
  const { incident } = stored;
  const { kind, step, reason } = await attempt(deps, incident, timeoutMs);
  const after = await changeIncident(deps.store, incident.incidentId, (one) => step(one, deps.clock.now()), stored);
  const mail = after?.incident.mail ?? incident.mail;
  const fields = { incident: incident.incidentId, severity: incident.severity };
  if (kind === "accepted") deps.log.event("incident.mailAccepted", fields);
  else if (kind === "refused") deps.log.event("incident.mailRefused", { ...fields, reason, refusals: mail.refusals });
  else deps.log.event("incident.mailPostponed", { ...fields, reason, attempts: mail.attempts });
  return kind;
}

async function attempt(
  deps: MailDeps,
  incident: Incident,
  timeoutMs: number,
): Promise<{ readonly kind: MailAttempt; readonly step: MailStep; readonly reason?: string }> {
  try {
    const mail = composeIncidentMail(incident, deps);
    const outcome = await withDeadline("The mail service", timeoutMs, () => deps.mailer.send(mail));
    if (outcome.kind === "sent") return { kind: "accepted", step: mailAccepted };
    const { reason } = outcome;
    return { kind: "refused", reason, step: mailFailed(reason, incident.mail.mailNumber) };
  } catch (error) {
    const reason = describeFailure(error);
    if (error instanceof TransientFailure)
      return { kind: "postponed", reason, step: mailPostponed(reason, error.retryAfterMs) };
    if (error instanceof PermanentFailure) return { kind: "refused", reason, step: mailRefused(reason) };
    throw error;
  }
}
