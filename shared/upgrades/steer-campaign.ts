// What people do to a campaign: approve, pause, resume, abort.

import { actorId, type Actor } from "../kernel/actor.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { Bus } from "../platform/bus.ts";
import type { Clock } from "../platform/clock.ts";
import { approve, isOpen, moveCampaign, type Campaign, type CampaignRefusal } from "./core/campaign.ts";
import { CAMPAIGN_QUEUE, tickMessage } from "./messages.ts";
import type { StoredCampaign, UpgradeStore } from "./store.ts";

export type CampaignVerb = "approve" | "pause" | "resume" | "abort";

export type SteeringRefusal =
  | CampaignRefusal
  | { readonly kind: "unknownCampaign" }
  /** It changed since the caller read it, or while this ran. */
  | { readonly kind: "changedMeanwhile" };

interface SteerDeps {
  readonly store: Pick<UpgradeStore, "readCampaign" | "replaceCampaign">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly tickMs: number;
}

export interface SteerOptions {
  /** The etag the caller saw; without it the present state is taken. */
  readonly ifMatch?: string | undefined;
  /** A new failure budget, with resume. */
  readonly failureBudget?: number | undefined;
}

export async function steerCampaign(
  deps: SteerDeps,
  campaignId: string,
  verb: CampaignVerb,
  actor: Actor,
  options: SteerOptions = {},
): Promise<Result<StoredCampaign, SteeringRefusal>> {
  const stored = await deps.store.readCampaign(campaignId);
  if (stored === undefined || stored.campaign.state === "creating") return err({ kind: "unknownCampaign" });
  if (options.ifMatch !== undefined && options.ifMatch !== stored.etag) return err({ kind: "changedMeanwhile" });
  const changed = apply(withBudget(stored.campaign, options), verb, actor, deps.clock.now());
  if (!changed.ok) return changed;
  const written = await deps.store.replaceCampaign(changed.value, stored.etag);
  if (written.kind === "conflict") return err({ kind: "changedMeanwhile" });
  // Lost if the process dies here; then the reconciler sends the tick.
  if (isOpen(changed.value)) {
    await deps.bus.send(CAMPAIGN_QUEUE, [tickMessage(changed.value, deps.clock.now(), deps.tickMs)]);
  }
  return ok({ campaign: changed.value, etag: written.etag });
}

const withBudget = (campaign: Campaign, { failureBudget = campaign.failureBudget }: SteerOptions): Campaign => ({
  ...campaign,
  failureBudget,
});

function apply(campaign: Campaign, verb: CampaignVerb, actor: Actor, now: number): Result<Campaign, CampaignRefusal> {
  switch (verb) {
    case "approve":
      return approve(campaign, actorId(actor), now);
    case "pause":
      return moveCampaign(campaign, "paused");
    case "resume":
      return campaign.state === "paused"
        ? moveCampaign(campaign, "running")
        : err({ kind: "wrongState", state: campaign.state });
    case "abort":
      return moveCampaign(campaign, "aborted");
  }
}
