// Changes a stored incident under its ETag, again and again while others are faster.

import { TransientFailure } from "../kernel/failures.ts";
import type { Incident } from "./core/incident.ts";
import type { IncidentStore, StoredIncident } from "./store.ts";

const MAX_RACES = 10;

/**
 * `step` gives the next row, or undefined when nothing is to be changed. Returns the row as it is afterwards, undefined
 * when there is no such incident. Throws TransientFailure when others write it all the time.
 */
export async function changeIncident(
  store: Pick<IncidentStore, "read" | "save">,
  incidentId: string,
  step: (incident: Incident) => Incident | undefined,
  known?: StoredIncident,
): Promise<StoredIncident | undefined> {
  let stored = known ?? (await store.read(incidentId));
  for (let attempt = 1; attempt <= MAX_RACES; attempt++) {
    if (stored === undefined) return undefined;
    const next = step(stored.incident);
    if (next === undefined) return stored;
    const written = await store.save(stored, next);
    if (written.kind === "written") return { incident: next, etag: written.etag };
    stored = await store.read(incidentId);
  }
  throw new TransientFailure(`Incident ${incidentId} could not be saved: others write it all the time.`);
}
