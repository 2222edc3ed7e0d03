// Changes a stored incident under its ETag, again and again while others are faster.

import { ok } from "../kernel/result.ts";
import { changeRow } from "../platform/tables/change-row.ts";
import type { Incident } from "./core/incident.ts";
import type { IncidentStore, StoredIncident } from "./store.ts";

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
  const done = await changeRow(
    { name: `Incident ${incidentId}`, known, read: () => store.read(incidentId), write: store.save },
    ({ incident }) => ok(step(incident)),
  );
  if (done.kind === "written") return { incident: done.next, etag: done.etag };
  return done.kind === "unchanged" ? done.stored : undefined;
}
