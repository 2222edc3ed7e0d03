// One attempt to send the mail of an incident, and what follows from it. Sending is safe to repeat: the mail's id is that
// of the incident.

import { describeFailure, PermanentFailure, TransientFailure } from "../kernel/failures.ts";
import type { Clock } from "../platform/clock/clock.ts";
import { withDeadline } from "../platform/deadline.ts";
import type { IncidentLog } from "./signals.ts";
import type { Mailer } from "../platform/mail/mail.ts";
import { composeIncidentMail, type MailSurroundings } from "./compose-mail.ts";
import { mailAccepted, mailFailed, mailPostponed, mailRefused, type MailStep, type Incident } from "./core/incident.ts";
import type { IncidentStore, StoredIncident } from "./store.ts";
import { ok } from "../kernel/result.ts";
import { changeRow } from "../platform/tables/change-row.ts";

export interface MailDeps extends MailSurroundings {
  readonly store: IncidentStore;
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

/**
 * `step` gives the next row, or undefined when nothing is to be changed. Returns the row as it is afterwards, undefined
 * when there is no such incident. Throws TransientFailure when others write it all the time.
 */
async function changeIncident(
  store: Pick<IncidentStore, "read" | "save">,
  incidentId: string,
  step: (incident: Incident) => Incident | undefined,
  known?: StoredIncident,
): Promise<StoredIncident | undefined> {
  const done = await changeRow(
    { name: `Incident ${incidentId}`, known, read: () => store.read(incidentId), write: store.save },
    ({ incident }) => ok(step(incident)),
  );
  if (done.kind === "written") return { incident: done.next, etag: done.etag };
  return done.kind === "unchanged" ? done.stored : undefined;
}
