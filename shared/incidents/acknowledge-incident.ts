// Somebody says that they take care of an incident. The first one stands.

import { actorId, type Actor } from "../kernel/actor.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { Clock } from "../platform/clock/clock.ts";
import { changeRow } from "../platform/tables/change-row.ts";
import type { Incident } from "./core/incident.ts";
import type { IncidentStore, StoredIncident } from "./store.ts";

export interface AcknowledgeDeps {
  readonly store: Pick<IncidentStore, "read" | "save">;
  readonly clock: Clock;
}

export type AcknowledgeRefusal =
  | { readonly kind: "unknown" }
  /** By somebody else. */
  | { readonly kind: "acknowledged"; readonly by: string; readonly at: number }
  /** It has another ETag than the caller has read. */
  | { readonly kind: "changedMeanwhile" };

/** The same actor again changes nothing and is answered as the first time, whatever ETag it sends. */
export async function acknowledgeIncident(
  { store, clock }: AcknowledgeDeps,
  incidentId: string,
  actor: Actor,
  ifMatch?: string,
): Promise<Result<StoredIncident, AcknowledgeRefusal>> {
  const by = actorId(actor);
  const done = await changeRow(
    { name: `Incident ${incidentId}`, read: () => store.read(incidentId), write: store.save },
    ({ incident, etag }): Result<Incident | undefined, AcknowledgeRefusal> => {
      const { acknowledgedBy, acknowledgedAt } = incident;
      if (acknowledgedBy === by) return ok(undefined);
      if (acknowledgedBy !== undefined)
        return err({ kind: "acknowledged", by: acknowledgedBy, at: acknowledgedAt ?? incident.raisedAt });
      if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== etag) return err({ kind: "changedMeanwhile" });
      return ok({ ...incident, acknowledgedBy: by, acknowledgedAt: clock.now() });
    },
  );
  switch (done.kind) {
    case "written":
      return ok({ incident: done.next, etag: done.etag });
    case "unchanged":
      return ok(done.stored);
    case "absent":
      return err({ kind: "unknown" });
    case "refused":
      return err(done.refusal);
  }
}
