// What operators do to one upgrade: skip it before it starts, undo it while it is under way, retry a roll-back that
// failed. Another date: reschedule.ts.

import type { UpgradeDeps } from "../deps.ts";
import { actorId, type Actor } from "../../kernel/actor.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Campaign } from "../core/campaign.ts";
import { decide, RETRIED, type Refusal, type UpgradeEvent } from "../core/decide.ts";
import { isActive } from "../core/moves.ts";
import type { CommandOptions, UpgradeKey } from "../command-options.ts";
import { beginMessage, tickMessage } from "../messages.ts";
import type { StoredUpgrade } from "../store/rows.ts";
import { changeBy } from "../store/store-writes.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../resources.ts";

export type UpgradeCommand = "skip" | "retry" | "force-roll-back";

export type UpgradeCommandRefusal =
  | ({ readonly kind: "wrongState" } & Refusal)
  | { readonly kind: "unknownUpgrade" }
  | { readonly kind: "changedMeanwhile" };

type UpgradeCommandDeps = Pick<UpgradeDeps, "store" | "bus" | "clock" | "policy" | "tickMs">;

/** As the history has them. */
const REASONS: Record<UpgradeCommand, string> = {
  skip: "skipped by an operator",
  retry: RETRIED,
  "force-roll-back": "undone by an operator",
};

const EVENTS: Record<UpgradeCommand, UpgradeEvent> = {
  skip: { kind: "skipRequested", reason: REASONS.skip },
  retry: { kind: "retryRequested" },
  "force-roll-back": { kind: "rollBackRequested", reason: REASONS["force-roll-back"] },
};

export async function commandUpgrade(
  deps: UpgradeCommandDeps,
  of: UpgradeKey,
  verb: UpgradeCommand,
  actor: Actor,
  { ifMatch, dryRun = false }: CommandOptions = {},
): Promise<Result<StoredUpgrade, UpgradeCommandRefusal>> {
  const [stored, holder] = await Promise.all([
    deps.store.readUpgrade(of.campaignId, of.organisationId),
    deps.store.readCampaign(of.campaignId),
  ]);
  // A campaign whose creation was given up has nobody who would tell of what happens to its rows.
  if (stored === undefined || holder === undefined || holder.campaign.state === "creating")
    return err({ kind: "unknownUpgrade" });
  const isStale = ifMatch !== undefined && ifMatch !== stored.etag;
  const decision = decide(stored.upgrade, EVENTS[verb], {
    now: deps.clock.now(),
    by: actorId(actor),
    policy: deps.policy,
  });
  // The same request again is no error: its first answer may have been lost.
  if (!decision.ok && (await hasDone(deps, of, verb, actorId(actor)))) return ok(stored);
  if (isStale) return err({ kind: "changedMeanwhile" });
  if (!decision.ok) return err({ kind: "wrongState", ...decision.error });
  const saved = { upgrade: decision.value.next, etag: stored.etag };
  if (dryRun) return ok(saved);
  const place = stored.upgrade.state === "scheduled" ? await deps.store.placeInQueue(stored.upgrade) : undefined;
  const written = await deps.store.save(changeBy(stored, decision.value, place));
  if (written.kind === "conflict") return err({ kind: "changedMeanwhile" });
  await wake(deps, { ...saved, etag: written.etag }, holder.campaign);
  return ok({ ...saved, etag: written.etag });
}

/** Whether this actor has done the same to this upgrade. */
async function hasDone(
  { store }: UpgradeCommandDeps,
  of: UpgradeKey,
  verb: UpgradeCommand,
  by: string,
): Promise<boolean> {
  const history = await store.history(of.campaignId, of.organisationId);
  return history.some((entry) => entry.by === by && entry.reason === REASONS[verb]);
}

/** Lost if the process dies before it; then the reconciler wakes the upgrade, and the campaign looks within an hour. */
async function wake(deps: UpgradeCommandDeps, saved: StoredUpgrade, campaign: Campaign): Promise<void> {
  if (isActive(saved.upgrade.state)) await deps.bus.send(UPGRADE_QUEUE, [beginMessage(saved)]);
  await deps.bus.send(CAMPAIGN_QUEUE, [tickMessage(campaign, deps.clock.now(), deps.tickMs)]);
}
