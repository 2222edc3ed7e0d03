// What people do to a campaign: approve, pause, resume, abort. What each does to upgrades in which state is written in
// docs/upgrades.md.

import type { UpgradeDeps } from "../deps.ts";
import { actorId, type Actor } from "../../kernel/actor.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { approve, isOpen, moveCampaign, type Campaign, type CampaignRefusal } from "../core/campaign.ts";
import type { Appointment } from "../core/appointment.ts";
import { paceOf } from "../core/pace.ts";
import { isInForce } from "../core/quarantine.ts";
import type { CommandOptions } from "../command-options.ts";
import { tickMessage } from "../messages.ts";
import { announcingOf, type PlanCampaignDeps, type PlanRefusal } from "./plan-campaign.ts";
import type { QuarantineStore } from "../quarantines/quarantine-store.ts";
import type { StoredCampaign } from "../store/rows.ts";
import { CAMPAIGN_QUEUE } from "../resources.ts";

export type CampaignCommand = "approve" | "pause" | "resume" | "abort";

export type CampaignCommandRefusal =
  | CampaignRefusal
  | Extract<PlanRefusal, { kind: "tooLateToAnnounce" | "quarantined" }>
  | { readonly kind: "unknownCampaign" }
  | { readonly kind: "unknownRing"; readonly ring: string }
  /** It changed since the caller read it, or while this ran. */
  | { readonly kind: "changedMeanwhile" };

export interface CampaignCommandDeps
  extends Pick<PlanCampaignDeps, "planAnnouncement">, Pick<UpgradeDeps, "store" | "bus" | "clock" | "need" | "tickMs"> {
  readonly quarantines: Pick<QuarantineStore, "read">;
}

/** With resume: what was looked into, and may go on. */
export interface ResumeOptions {
  readonly failureBudget?: number | undefined;
  readonly stampFailureBudget?: number | undefined;
  /** A new failure budget of every ring. */
  readonly ringFailureBudget?: number | undefined;
  /** Opens this ring although its gate did not. */
  readonly openRing?: string | undefined;
}

export type CampaignCommandOptions = CommandOptions & ResumeOptions;

export async function commandCampaign(
  deps: CampaignCommandDeps,
  campaignId: string,
  verb: CampaignCommand,
  actor: Actor,
  options: CampaignCommandOptions = {},
): Promise<Result<StoredCampaign, CampaignCommandRefusal>> {
  const stored = await deps.store.readCampaign(campaignId);
  if (stored === undefined || stored.campaign.state === "creating") return err({ kind: "unknownCampaign" });
  if (isRepeated(stored.campaign, verb, actorId(actor), options)) return ok(stored);
  if (options.ifMatch !== undefined && options.ifMatch !== stored.etag) return err({ kind: "changedMeanwhile" });
  const changed = await apply(deps, stored.campaign, verb, actor, options);
  if (!changed.ok) return changed;
  if (options.dryRun === true) return ok({ campaign: changed.value, etag: stored.etag });
  const { sleepsUntil: _, ...awake } = changed.value;
  const written = await deps.store.replaceCampaign(awake, stored.etag);
  if (written.kind === "conflict") return err({ kind: "changedMeanwhile" });
  // Lost if the process dies here; then the reconciler sends the tick.
  if (isOpen(awake)) await deps.bus.send(CAMPAIGN_QUEUE, [tickMessage(awake, deps.clock.now(), deps.tickMs)]);
  return ok({ campaign: awake, etag: written.etag });
}

/** What was asked for holds already: the same request may come again because its answer was lost, with an older ETag. */
function isRepeated(campaign: Campaign, verb: CampaignCommand, by: string, options: CampaignCommandOptions): boolean {
  switch (verb) {
    case "approve":
      return campaign.approvals.some((approval) => approval.by === by);
    case "pause":
      return campaign.state === "paused";
    case "abort":
      return campaign.state === "aborted";
    case "resume":
      return campaign.state === "running" && hasAll(campaign, options);
  }
}

function hasAll(campaign: Campaign, { failureBudget, stampFailureBudget, ringFailureBudget, openRing }: ResumeOptions) {
  const isSame = (asked: number | undefined, present: number): boolean => asked === undefined || asked === present;
  const position = campaign.rings.findIndex(({ ring }) => ring === openRing);
  return (
    isSame(failureBudget, campaign.failureBudget) &&
    isSame(stampFailureBudget, campaign.stampFailureBudget) &&
    campaign.rings.every((ring) => isSame(ringFailureBudget, ring.failureBudget)) &&
    (openRing === undefined || (position >= 0 && position < campaign.openRings))
  );
}

async function apply(
  deps: CampaignCommandDeps,
  campaign: Campaign,
  verb: CampaignCommand,
  actor: Actor,
  options: CampaignCommandOptions,
): Promise<Result<Campaign, CampaignCommandRefusal>> {
  const now = deps.clock.now();
  switch (verb) {
    case "approve": {
      const approved = approve(campaign, actorId(actor), now);
      return approved.ok && approved.value.state === "approved" ? announceable(deps, approved.value, now) : approved;
    }
    case "pause":
      return moveCampaign(campaign, "paused", now);
    case "resume":
      return campaign.state === "paused"
        ? resume(deps, campaign, options, now)
        : err({ kind: "wrongState", state: campaign.state });
    case "abort":
      return moveCampaign(campaign, "aborted", now);
  }
}

/** The last approval: from here on customers are told, so it must still be possible to tell them in time. */
async function announceable(
  deps: CampaignCommandDeps,
  campaign: Campaign,
  now: number,
): Promise<Result<Campaign, CampaignCommandRefusal>> {
  const stopped = await quarantineOf(deps, campaign);
  if (stopped !== undefined) return err(stopped);
  const paced = { ...campaign, pace: paceOf(await deps.need()) };
  if (campaign.kind === "hotfix") return ok({ ...paced, firstStart: now });
  const appointments: Appointment[] = [];
  for await (const { upgrade } of deps.store.allUpgrades(campaign.campaignId)) {
    if (upgrade.appointment !== undefined && upgrade.state === "scheduled") appointments.push(upgrade.appointment);
  }
  const announcing = await announcingOf(deps, appointments);
  if (announcing.ok) return ok(paced);
  return announcing.error.kind === "tooLateToAnnounce" ? err(announcing.error) : err({ kind: "changedMeanwhile" });
}

async function resume(
  deps: CampaignCommandDeps,
  campaign: Campaign,
  options: ResumeOptions,
  now: number,
): Promise<Result<Campaign, CampaignCommandRefusal>> {
  const stopped = await quarantineOf(deps, campaign);
  if (stopped !== undefined) return err(stopped);
  const { failureBudget, stampFailureBudget, ringFailureBudget, openRing } = options;
  const position = campaign.rings.findIndex(({ ring }) => ring === openRing);
  if (openRing !== undefined && position === -1) return err({ kind: "unknownRing", ring: openRing });
  return moveCampaign(
    {
      ...campaign,
      failureBudget: failureBudget ?? campaign.failureBudget,
      stampFailureBudget: stampFailureBudget ?? campaign.stampFailureBudget,
      rings: campaign.rings.map((ring) => ({ ...ring, failureBudget: ringFailureBudget ?? ring.failureBudget })),
      openRings: Math.max(campaign.openRings, position + 1),
    },
    "running",
    now,
  );
}

async function quarantineOf({ quarantines }: CampaignCommandDeps, { version }: Campaign) {
  const stored = await quarantines.read(version);
  if (stored === undefined || !isInForce(stored.quarantine)) return undefined;
  return { kind: "quarantined", reason: stored.quarantine.reason } as const;
}
