// Somebody says that they take care of an incident. The first one stands.

import { actorId, type Actor } from "../kernel/actor.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { Clock } from "../platform/clock/clock.ts";
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

const MAX_RACES = 10;

/** The same actor again changes nothing and is answered as the first time, whatever ETag it sends. */
export async function acknowledgeIncident(
  { store, clock }: AcknowledgeDeps,
  incidentId: string,
  actor: Actor,
  ifMatch?: string,
): Promise<Result<StoredIncident, AcknowledgeRefusal>> {
  const by = actorId(actor);
  for (let attempt = 1; attempt <= MAX_RACES; attempt++) {
    const stored = await store.read(incidentId);
    if (stored === undefined) return err({ kind: "unknown" });
    const { incident, etag } = stored;
    if (incident.acknowledgedBy === by) return ok(stored);
    if (incident.acknowledgedBy !== undefined) {
      const { acknowledgedBy, acknowledgedAt } = incident;
      return err({ kind: "acknowledged", by: acknowledgedBy, at: acknowledgedAt ?? incident.raisedAt });
    }
    if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== etag) return err({ kind: "changedMeanwhile" });
    const next = { ...incident, acknowledgedBy: by, acknowledgedAt: clock.now() };
    const written = await store.save(stored, next);
    if (written.kind === "written") return ok({ incident: next, etag: written.etag });
  }
  return err({ kind: "changedMeanwhile" });
}
