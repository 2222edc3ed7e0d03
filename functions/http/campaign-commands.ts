// HTTP: what people do to a campaign. What each verb does to upgrades in which state: docs/campaigns.md.

import type { Actor } from "../../shared/kernel/actor.ts";
import type { Result } from "../../shared/kernel/result.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { dryRunQuery, resumeQuery } from "../../shared/upgrades/campaigns/api.ts";
import { commandedCampaignView, viewCampaign, viewPreview } from "../../shared/upgrades/campaigns/campaign-view.ts";
import type { Campaign } from "../../shared/upgrades/core/campaign.ts";
import type { Preview } from "../../shared/upgrades/upgrade/preview.ts";
import type {
  CampaignCommand,
  CampaignCommandRefusal,
  CampaignCommandOptions,
} from "../../shared/upgrades/campaigns/campaign-commands.ts";
import type { StoredCampaign } from "../../shared/upgrades/store/rows.ts";
import { commandProblem } from "./campaign-problems.ts";
import { campaignParams } from "./campaigns.ts";

interface Deps {
  /** What the verb would bring to everybody in the campaign, which it would leave like this. */
  readonly previewCampaign: (campaign: Campaign, verb: CampaignCommand) => Promise<readonly Preview[]>;
  readonly commandCampaign: (
    campaignId: string,
    verb: CampaignCommand,
    actor: Actor,
    options?: CampaignCommandOptions,
  ) => Promise<Result<StoredCampaign, CampaignCommandRefusal>>;
}

export function campaignVerbEndpoints(deps: Deps) {
  return [
    ...(["approve", "pause", "abort"] as const).map((verb) => steerCampaignEndpoint(deps, verb)),
    resumeCampaign(deps),
  ];
}

const VERB_SUMMARIES: Record<Exclude<CampaignCommand, "resume">, string> = {
  approve: "Approves a draft, as one of its approvers; the last approval that is needed has the customers told",
  pause: "Admits no further upgrade; those under way go on, dates that pass are announced anew",
  abort: "Skips every upgrade that has not started and tells its customer; those under way go on to their end",
};

const steerCampaignEndpoint = (deps: Deps, verb: Exclude<CampaignCommand, "resume">) =>
  defineEndpoint({
    name: `${verb}-campaign`,
    method: "POST",
    route: `campaigns/{campaignId}/${verb}`,
    role: "Upgrades.Manage",
    summary: VERB_SUMMARIES[verb],
    params: campaignParams,
    query: dryRunQuery,
    answers: { 200: commandedCampaignView },
    handle: ({ params: { campaignId }, query, caller, headers }) =>
      steer(deps, campaignId, verb, caller.actor, { ifMatch: headers.ifMatch, dryRun: query.dryRun === "true" }),
  });

const resumeCampaign = (deps: Deps) =>
  defineEndpoint({
    name: "resume-campaign",
    method: "POST",
    route: "campaigns/{campaignId}/resume",
    role: "Upgrades.Manage",
    summary: "Admits upgrades again; a campaign that has paused itself needs a larger budget, or its ring opened",
    params: campaignParams,
    query: resumeQuery,
    answers: { 200: commandedCampaignView },
    handle: ({ params: { campaignId }, query: { dryRun, ...changes }, caller, headers }) =>
      steer(deps, campaignId, "resume", caller.actor, {
        ...changes,
        ifMatch: headers.ifMatch,
        dryRun: dryRun === "true",
      }),
  });

async function steer(
  deps: Deps,
  campaignId: string,
  verb: CampaignCommand,
  actor: Actor,
  options: CampaignCommandOptions,
) {
  const steered = await deps.commandCampaign(campaignId, verb, actor, options);
  if (!steered.ok) return commandProblem(campaignId, verb, steered.error);
  const { campaign, etag } = steered.value;
  const foreseen =
    options.dryRun === true ? { organisations: viewPreview(await deps.previewCampaign(campaign, verb)) } : {};
  return { status: 200, body: { ...viewCampaign(campaign), ...foreseen }, headers: { etag } } as const;
}
