// Raises an incident: stored first, then mailed at once. Whoever raises it is never held up for long nor failed by the
// mail: what could not be sent is in the queue that send-incident-mails.ts works off.
//
//   R1  An incident that is stored has its mail in the queue until the mail service has taken it.
//   R2  One incident is one mail at the service, however often it is raised or sent.

import { PermanentFailure, TransientFailure } from "../kernel/failures.ts";
import { freshIncident, type NewIncident } from "./core/incident.ts";
import { sendIncidentMail, type MailDeps } from "./send-mail.ts";

/** Who raises an incident has other things to do: the timer waits longer. */
const AT_ONCE_MS = 10_000;

/**
 * `known`: it was raised before; nothing was changed or sent. Throws TransientFailure when it cannot be stored now, or
 * whether it was is unknown (raising it again is safe), PermanentFailure when it is no incident (incident.ts).
 */
export async function raiseIncident(deps: MailDeps, asked: NewIncident): Promise<"raised" | "known"> {
  const incident = freshIncident(asked, deps.clock.now());
  const written = await deps.store.insert(incident);
  if (written.kind === "conflict") return "known";
  const { incidentId, severity, kind, subject } = incident;
  deps.log.event("incident.raised", { incidentId, severity, kind, ...subject });
  try {
    await sendIncidentMail(deps, { incident, etag: written.etag }, AT_ONCE_MS);
  } catch (error) {
    // It is stored and in the queue, so raising has succeeded, whatever is wrong with its mail.
    const isExpected = error instanceof TransientFailure || error instanceof PermanentFailure;
    deps.log.event(isExpected ? "incident.mailLeftToTimer" : "incident.mailBroken", { incident: incidentId, error });
  }
  return "raised";
}
