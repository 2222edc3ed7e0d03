// What operators do to one upgrade: skip it before it starts, retry a roll-back that failed.

import { actorId, type Actor } from "../kernel/actor.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { Bus } from "../platform/bus.ts";
import type { Clock } from "../platform/clock.ts";
import { decide, type Refusal, type UpgradeEvent } from "./core/decide.ts";
import { isActive } from "./core/moves.ts";
import type { UpgradePolicy } from "./core/upgrade.ts";
import { beginMessage, UPGRADE_QUEUE } from "./messages.ts";
import { changeBy, type StoredUpgrade, type UpgradeStore } from "./store.ts";

export type UpgradeVerb = "skip" | "retry";

export type UpgradeSteeringRefusal =
  | ({ readonly kind: "wrongState" } & Refusal)
  | { readonly kind: "unknownUpgrade" }
  | { readonly kind: "changedMeanwhile" };

interface SteerDeps {
  readonly store: Pick<UpgradeStore, "readUpgrade" | "save">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly policy: UpgradePolicy;
}

const EVENTS: Record<UpgradeVerb, UpgradeEvent> = {
  skip: { kind: "skipRequested", reason: "skipped by an operator" },
  retry: { kind: "retryRequested" },
};

/** `ifMatch`: the etag the caller saw; without it the present state is taken. */
export async function steerUpgrade(
  deps: SteerDeps,
  of: { readonly campaignId: string; readonly organisationId: string },
  verb: UpgradeVerb,
  actor: Actor,
  ifMatch?: string,
): Promise<Result<StoredUpgrade, UpgradeSteeringRefusal>> {
  const stored = await deps.store.readUpgrade(of.campaignId, of.organisationId);
  if (stored === undefined) return err({ kind: "unknownUpgrade" });
  if (ifMatch !== undefined && ifMatch !== stored.etag) return err({ kind: "changedMeanwhile" });
  const decision = decide(stored.upgrade, EVENTS[verb], {
    now: deps.clock.now(),
    by: actorId(actor),
    policy: deps.policy,
  });
  if (!decision.ok) return err({ kind: "wrongState", ...decision.error });
  const written = await deps.store.save(changeBy(stored, decision.value));
  if (written.kind === "conflict") return err({ kind: "changedMeanwhile" });
  const saved = { upgrade: decision.value.next, etag: written.etag };
  // Lost if the process dies here; then the reconciler wakes it.
  if (isActive(saved.upgrade.state)) await deps.bus.send(UPGRADE_QUEUE, [beginMessage(saved)]);
  return ok(saved);
}
