// Two operators lift the quarantine of a version: each says so, the second one ends it.

import { actorId, type Actor } from "../../kernel/actor.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Clock } from "../../platform/clock/clock.ts";
import { lift, type LiftRefusal, type Quarantine } from "../core/quarantine.ts";
import type { QuarantineStore } from "./quarantine-store.ts";

export async function liftQuarantine(
  { quarantines, clock }: { readonly quarantines: QuarantineStore; readonly clock: Clock },
  version: string,
  actor: Actor,
  dryRun = false,
): Promise<Result<Quarantine, LiftRefusal | { readonly kind: "changedMeanwhile" }>> {
  const stored = await quarantines.read(version);
  if (stored === undefined) return err({ kind: "notInQuarantine" });
  // The same operator again, also when the other one has lifted it since: the first answer may have been lost.
  if (stored.quarantine.lifts.some(({ by }) => by === actorId(actor))) return ok(stored.quarantine);
  const lifted = lift(stored.quarantine, actorId(actor), clock.now());
  if (!lifted.ok || dryRun) return lifted;
  const written = await quarantines.write(lifted.value, stored.etag);
  return written.kind === "written" ? ok(lifted.value) : err({ kind: "changedMeanwhile" });
}
