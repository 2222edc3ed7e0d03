// HTTP: what people do to a campaign. What each command does to upgrades in which state: docs/campaigns.md.

import type { Actor } from "../../shared/kernel/actor.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { dryRunQuery, resumeQuery } from "../../shared/upgrades/campaigns/api.ts";
import { commandedCampaignView, viewCampaign, viewPreview } from "../../shared/upgrades/campaigns/campaign-view.ts";
import type { CampaignCommand, CampaignCommandOptions } from "../../shared/upgrades/campaigns/campaign-commands.ts";
import type { UpgradeVerbs } from "../../shared/upgrades/verbs.ts";
import { commandProblem } from "./campaign-problems.ts";
import { campaignParams } from "./campaigns.ts";

export const campaignCommandEndpoints = (upgrades: UpgradeVerbs) => [
  ...(["approve", "pause", "abort"] as const).map((command) => commandEndpoint(upgrades, command)),
  resumeCampaign(upgrades),
];

const SUMMARIES: Record<Exclude<CampaignCommand, "resume">, string> = {
  approve: "Approves a draft, as one of its approvers; the last approval that is needed has the customers told",
  pause: "Admits no further upgrade; those under way go on, dates that pass are announced anew",
  abort: "Skips every upgrade that has not started and tells its customer; those under way go on to their end",
};

const commandEndpoint = (upgrades: UpgradeVerbs, command: Exclude<CampaignCommand, "resume">) =>
  defineEndpoint({
    name: `${command}-campaign`,
    method: "POST",
    route: `campaigns/{campaignId}/${command}`,
    role: "Upgrades.Manage",
    summary: SUMMARIES[command],
    params: campaignParams,
    query: dryRunQuery,
    answers: { 200: commandedCampaignView },
    handle: ({ params: { campaignId }, query, caller, headers }) =>
      perform(upgrades, campaignId, command, caller.actor, {
        ifMatch: headers.ifMatch,
        dryRun: query.dryRun === "true",
      }),
  });

const resumeCampaign = (upgrades: UpgradeVerbs) =>
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
      perform(upgrades, campaignId, "resume", caller.actor, {
        ...changes,
        ifMatch: headers.ifMatch,
        dryRun: dryRun === "true",
      }),
  });

async function perform(
  { commandCampaign, previewCampaign }: UpgradeVerbs,
  campaignId: string,
  command: CampaignCommand,
  actor: Actor,
  options: CampaignCommandOptions,
) {
  const done = await commandCampaign(campaignId, command, actor, options);
  if (!done.ok) return commandProblem(campaignId, command, done.error);
  const { campaign, etag } = done.value;
  const preview =
    options.dryRun === true ? { organisations: viewPreview(await previewCampaign(campaign, command)) } : {};
  return { status: 200, body: { ...viewCampaign(campaign), ...preview }, headers: { etag } } as const;
}
