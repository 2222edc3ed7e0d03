// HTTP: campaigns. One upgrade of a campaign is in upgrades.ts, the queue and timer side in upgrade-triggers.ts.

import { z } from "zod";
import type { Actor } from "../shared/kernel/actor.ts";
import type { Result } from "../shared/kernel/result.ts";
import { chooseOrganisations } from "../shared/organisations/choose-organisations.ts";
import type { OrganisationStore } from "../shared/organisations/store.ts";
import { deterministicId } from "../shared/platform/deterministic-id.ts";
import { defineEndpoint } from "../shared/platform/http/endpoint.ts";
import { pageOf, pageQuery, pageView } from "../shared/platform/http/paging.ts";
import { problem } from "../shared/platform/http/problems.ts";
import type { Ids } from "../shared/platform/ids.ts";
import {
  campaignProgressView,
  campaignView,
  newCampaignBody,
  resumeQuery,
  upgradeView,
  viewCampaign,
  viewUpgrade,
} from "../shared/upgrades/api.ts";
import { standardFailureBudget } from "../shared/upgrades/core/campaign.ts";
import type { createCampaign, CreationRefusal } from "../shared/upgrades/create-campaign.ts";
import type { CampaignVerb, SteeringRefusal, SteerOptions } from "../shared/upgrades/steer-campaign.ts";
import type { StoredCampaign, UpgradeStore } from "../shared/upgrades/store.ts";
import { organisationUnknown } from "./organisations.ts";

interface Deps {
  readonly store: UpgradeStore;
  readonly organisations: OrganisationStore;
  readonly ids: Ids;
  readonly defaultMaxInFlight: number;
  readonly create: (request: Parameters<typeof createCampaign>[1], actor: Actor) => ReturnType<typeof createCampaign>;
  readonly steerCampaign: (
    campaignId: string,
    verb: CampaignVerb,
    actor: Actor,
    options?: SteerOptions,
  ) => Promise<Result<StoredCampaign, SteeringRefusal>>;
}

export const campaignParams = z.object({ campaignId: z.string().regex(/^[a-z0-9-]{1,60}$/, "must be a campaign id") });

const campaignUnknown = (campaignId: string) =>
  problem("campaignUnknown", `There is no campaign ${campaignId}. GET /api/campaigns lists them.`);

export const changedMeanwhile = (what: string) =>
  problem("preconditionFailed", `${what} has changed since it was read. Read it again.`);

export function campaignEndpoints(deps: Deps) {
  return [
    postCampaign(deps),
    listCampaigns(deps),
    getCampaign(deps),
    listCampaignOrganisations(deps),
    ...(["approve", "pause", "abort"] as const).map((verb) => steerCampaignEndpoint(deps, verb)),
    resumeCampaign(deps),
  ];
}

const postCampaign = (deps: Deps) =>
  defineEndpoint({
    name: "create-campaign",
    method: "POST",
    route: "campaigns",
    role: "Upgrades.Manage",
    summary: "Creates a hotfix campaign as a draft; it starts when two different people have approved it",
    body: newCampaignBody,
    answers: { 201: campaignView },
    handle: async ({ body, caller, headers }) => {
      const chosen = await chooseOrganisations(deps.organisations, body.organisations);
      if ("unknown" in chosen) return organisationUnknown(chosen.unknown);
      const key = headers.idempotencyKey;
      const id = key === undefined ? deps.ids.next() : deterministicId(JSON.stringify(["campaign", caller.actor, key]));
      const created = await deps.create(
        {
          campaignId: `c-${id.replaceAll("-", "").slice(0, 16)}`,
          version: body.version,
          organisations: chosen.organisations,
          maxInFlight: body.maxInFlight ?? deps.defaultMaxInFlight,
          failureBudget: body.failureBudget ?? standardFailureBudget(chosen.organisations.length),
        },
        caller.actor,
      );
      if (!created.ok) return creationProblem(created.error);
      const { campaign, etag } = created.value;
      return {
        status: 201,
        body: viewCampaign(campaign),
        headers: { etag, location: `/api/campaigns/${campaign.campaignId}` },
      };
    },
  });

function creationProblem(refusal: CreationRefusal) {
  switch (refusal.kind) {
    case "organisationTaken":
      return problem(
        "organisationInCampaign",
        `Organisation ${refusal.organisationId} is in campaign ${refusal.campaignId}, which has not ended. Leave it out, or skip it there.`,
      );
    case "noOrganisations":
      return problem(
        "validationFailed",
        "No organisation is registered. PUT /api/organisations/{organisationId} registers one.",
      );
    case "differentRequest":
      return problem(
        "idempotencyKeyReused",
        "This Idempotency-Key came before with another request, or the registry has changed since. Use a new key.",
      );
  }
}

const listCampaigns = ({ store }: Deps) =>
  defineEndpoint({
    name: "list-campaigns",
    method: "GET",
    route: "campaigns",
    role: "Upgrades.Read",
    summary: "Campaigns, newest first",
    query: pageQuery,
    answers: { 200: pageOf(campaignView) },
    handle: async ({ query }) => {
      const page = await store.listCampaigns(Math.min(query.limit, 100), query.cursor);
      return { status: 200, body: pageView(page.items.map(viewCampaign), page.cursor) };
    },
  });

const getCampaign = ({ store }: Deps) =>
  defineEndpoint({
    name: "get-campaign",
    method: "GET",
    route: "campaigns/{campaignId}",
    role: "Upgrades.Read",
    summary: "One campaign and how many of its upgrades are in which state",
    params: campaignParams,
    answers: { 200: campaignProgressView },
    handle: async ({ params: { campaignId } }) => {
      const stored = await store.readCampaign(campaignId);
      if (stored === undefined) return campaignUnknown(campaignId);
      const { counts } = await store.surveyUpgrades(campaignId);
      return { status: 200, body: { ...viewCampaign(stored.campaign), counts }, headers: { etag: stored.etag } };
    },
  });

const listCampaignOrganisations = ({ store }: Deps) =>
  defineEndpoint({
    name: "list-campaign-organisations",
    method: "GET",
    route: "campaigns/{campaignId}/organisations",
    role: "Upgrades.Read",
    summary: "The upgrades of a campaign, ascending by organisation",
    params: campaignParams,
    query: pageQuery,
    answers: { 200: pageOf(upgradeView) },
    handle: async ({ params: { campaignId }, query }) => {
      if ((await store.readCampaign(campaignId)) === undefined) return campaignUnknown(campaignId);
      const page = await store.listUpgrades(campaignId, query.limit, query.cursor);
      return {
        status: 200,
        body: pageView(
          page.items.map((row) => viewUpgrade(row.upgrade)),
          page.cursor,
        ),
      };
    },
  });

const VERB_SUMMARIES: Record<Exclude<CampaignVerb, "resume">, string> = {
  approve: "Approves a draft; the second approval, by somebody else, starts the campaign",
  pause: "Admits no further upgrade; those under way go on",
  abort: "Skips every upgrade that has not started; those under way go on to their end",
};

const steerCampaignEndpoint = (deps: Deps, verb: Exclude<CampaignVerb, "resume">) =>
  defineEndpoint({
    name: `${verb}-campaign`,
    method: "POST",
    route: `campaigns/{campaignId}/${verb}`,
    role: "Upgrades.Manage",
    summary: VERB_SUMMARIES[verb],
    params: campaignParams,
    answers: { 200: campaignView },
    handle: ({ params: { campaignId }, caller, headers }) =>
      steer(deps, campaignId, verb, caller.actor, { ifMatch: headers.ifMatch }),
  });

const resumeCampaign = (deps: Deps) =>
  defineEndpoint({
    name: "resume-campaign",
    method: "POST",
    route: "campaigns/{campaignId}/resume",
    role: "Upgrades.Manage",
    summary: "Admits upgrades again; one that was paused because its failure budget is used up needs a larger one",
    params: campaignParams,
    query: resumeQuery,
    answers: { 200: campaignView },
    handle: ({ params: { campaignId }, query, caller, headers }) =>
      steer(deps, campaignId, "resume", caller.actor, { ifMatch: headers.ifMatch, ...query }),
  });

async function steer(deps: Deps, campaignId: string, verb: CampaignVerb, actor: Actor, options: SteerOptions) {
  const steered = await deps.steerCampaign(campaignId, verb, actor, options);
  if (!steered.ok) return steeringProblem(campaignId, verb, steered.error);
  const { campaign, etag } = steered.value;
  return { status: 200, body: viewCampaign(campaign), headers: { etag } } as const;
}

function steeringProblem(campaignId: string, verb: CampaignVerb, refusal: SteeringRefusal) {
  switch (refusal.kind) {
    case "unknownCampaign":
      return campaignUnknown(campaignId);
    case "changedMeanwhile":
      return changedMeanwhile(`Campaign ${campaignId}`);
    case "alreadyApproved":
      return problem(
        "alreadyApproved",
        `${refusal.by} has approved campaign ${campaignId} already. Somebody else must approve it.`,
      );
    case "wrongState":
      return problem("wrongState", `Campaign ${campaignId} is ${refusal.state}: ${verb} is not possible now.`);
  }
}
