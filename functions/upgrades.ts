// HTTP: campaigns and upgrades. The queue and timer side is in upgrade-triggers.ts.

import { z } from "zod";
import type { Result } from "../shared/kernel/result.ts";
import { organisationIdSchema, type Organisation } from "../shared/organisations/organisation.ts";
import { pageOf, pageQuery, pageView } from "../shared/organisations/api.ts";
import { allOrganisations, type OrganisationStore } from "../shared/organisations/store.ts";
import { defineEndpoint } from "../shared/platform/http/endpoint.ts";
import { problem } from "../shared/platform/http/problems.ts";
import type { Ids } from "../shared/platform/ids.ts";
import { deterministicId } from "../shared/platform/deterministic-id.ts";
import {
  campaignProgressView,
  campaignView,
  newCampaignBody,
  upgradeHistoryView,
  upgradeView,
  viewCampaign,
  viewProgress,
  viewUpgrade,
  viewUpgradeWithHistory,
} from "../shared/upgrades/api.ts";
import type { createCampaign, CreationRefusal } from "../shared/upgrades/create-campaign.ts";
import type { UpgradeVerb, UpgradeSteeringRefusal } from "../shared/upgrades/steer-upgrade.ts";
import type { CampaignVerb, SteeringRefusal } from "../shared/upgrades/steer-campaign.ts";
import type { StoredCampaign, StoredUpgrade, UpgradeStore } from "../shared/upgrades/store.ts";
import type { Actor } from "../shared/kernel/actor.ts";
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
    ifMatch?: string,
  ) => Promise<Result<StoredCampaign, SteeringRefusal>>;
  readonly steerUpgrade: (
    of: UpgradeKey,
    verb: UpgradeVerb,
    actor: Actor,
    ifMatch?: string,
  ) => Promise<Result<StoredUpgrade, UpgradeSteeringRefusal>>;
}

const campaignParams = z.object({ campaignId: z.string().regex(/^[a-z0-9-]{1,60}$/, "must be a campaign id") });
const upgradeParams = campaignParams.extend({ organisationId: organisationIdSchema });
type UpgradeKey = z.output<typeof upgradeParams>;

const campaignUnknown = (campaignId: string) =>
  problem("campaignUnknown", `There is no campaign ${campaignId}. GET /api/campaigns lists them.`);
const upgradeUnknown = ({ campaignId, organisationId }: UpgradeKey) =>
  problem("upgradeUnknown", `Campaign ${campaignId} has no upgrade of organisation ${organisationId}.`);
const changedMeanwhile = (what: string) =>
  problem("preconditionFailed", `${what} has changed since it was read. Read it again.`);

export function upgradeEndpoints(deps: Deps) {
  return [
    postCampaign(deps),
    listCampaigns(deps),
    getCampaign(deps),
    listCampaignOrganisations(deps),
    getUpgrade(deps),
    listUpgradesOfOrganisation(deps),
    ...(["approve", "pause", "resume", "abort"] as const).map((verb) => steerCampaignEndpoint(deps, verb)),
    ...(["skip", "retry"] as const).map((verb) => steerUpgradeEndpoint(deps, verb)),
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

async function chooseOrganisations(
  store: OrganisationStore,
  wanted: "all" | readonly string[],
): Promise<{ readonly organisations: readonly Organisation[] } | { readonly unknown: string }> {
  const registered = new Map<string, Organisation>();
  for await (const organisation of allOrganisations(store)) registered.set(organisation.organisationId, organisation);
  const ids = wanted === "all" ? [...registered.keys()] : [...new Set(wanted)];
  const organisations: Organisation[] = [];
  for (const id of ids.toSorted()) {
    const organisation = registered.get(id);
    if (organisation === undefined) return { unknown: id };
    organisations.push(organisation);
  }
  return { organisations };
}

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
      const upgrades = await store.allUpgrades(campaignId);
      return {
        status: 200,
        body: viewProgress(
          stored.campaign,
          upgrades.map((row) => row.upgrade),
        ),
        headers: { etag: stored.etag },
      };
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

const getUpgrade = ({ store }: Deps) =>
  defineEndpoint({
    name: "get-upgrade",
    method: "GET",
    route: "campaigns/{campaignId}/organisations/{organisationId}",
    role: "Upgrades.Read",
    summary: "One upgrade with its history, oldest first",
    params: upgradeParams,
    answers: { 200: upgradeHistoryView },
    handle: async ({ params }) => {
      const stored = await store.readUpgrade(params.campaignId, params.organisationId);
      if (stored === undefined) return upgradeUnknown(params);
      const history = await store.history(params.campaignId, params.organisationId);
      return { status: 200, body: viewUpgradeWithHistory(stored.upgrade, history), headers: { etag: stored.etag } };
    },
  });

const listUpgradesOfOrganisation = ({ store, organisations }: Deps) =>
  defineEndpoint({
    name: "list-upgrades-of-organisation",
    method: "GET",
    route: "organisations/{organisationId}/upgrades",
    role: "Upgrades.Read",
    summary: "The upgrades of one organisation, newest campaign first; a page covers up to `limit` campaigns",
    params: z.object({ organisationId: organisationIdSchema }),
    query: pageQuery,
    answers: { 200: pageOf(upgradeView) },
    handle: async ({ params: { organisationId }, query }) => {
      const page = await store.listCampaigns(Math.min(query.limit, 100), query.cursor);
      const rows = await Promise.all(page.items.map(({ campaignId }) => store.readUpgrade(campaignId, organisationId)));
      const found = rows.filter((row) => row !== undefined).map((row) => viewUpgrade(row.upgrade));
      if (found.length === 0 && (await organisations.read(organisationId)) === undefined)
        return organisationUnknown(organisationId);
      return { status: 200, body: pageView(found, page.cursor) };
    },
  });

const VERB_SUMMARIES: Record<CampaignVerb, string> = {
  approve: "Approves a draft; the second approval, by somebody else, starts the campaign",
  pause: "Admits no further upgrade; those under way go on",
  resume: "Admits upgrades again",
  abort: "Skips every upgrade that has not started; those under way go on to their end",
};

const steerCampaignEndpoint = (deps: Deps, verb: CampaignVerb) =>
  defineEndpoint({
    name: `${verb}-campaign`,
    method: "POST",
    route: `campaigns/{campaignId}/${verb}`,
    role: "Upgrades.Manage",
    summary: VERB_SUMMARIES[verb],
    params: campaignParams,
    answers: { 200: campaignView },
    handle: async ({ params: { campaignId }, caller, headers }) => {
      const steered = await deps.steerCampaign(campaignId, verb, caller.actor, headers.ifMatch);
      if (!steered.ok) return steeringProblem(campaignId, verb, steered.error);
      return { status: 200, body: viewCampaign(steered.value.campaign), headers: { etag: steered.value.etag } };
    },
  });

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

const steerUpgradeEndpoint = (deps: Deps, verb: UpgradeVerb) =>
  defineEndpoint({
    name: `${verb}-upgrade`,
    method: "POST",
    route: `campaigns/{campaignId}/organisations/{organisationId}/${verb}`,
    role: "Upgrades.Manage",
    summary:
      verb === "skip"
        ? "Leaves the organisation out of the campaign, before its upgrade has started"
        : "Tries a failed roll-back again",
    params: upgradeParams,
    answers: { 200: upgradeView },
    handle: async ({ params, caller, headers }) => {
      const steered = await deps.steerUpgrade(params, verb, caller.actor, headers.ifMatch);
      if (steered.ok)
        return { status: 200, body: viewUpgrade(steered.value.upgrade), headers: { etag: steered.value.etag } };
      switch (steered.error.kind) {
        case "unknownUpgrade":
          return upgradeUnknown(params);
        case "changedMeanwhile":
          return changedMeanwhile(`The upgrade of ${params.organisationId}`);
        case "wrongState":
          return problem(
            "wrongState",
            `The upgrade of ${params.organisationId} is ${steered.error.state}: ${verb} is not possible now.`,
          );
      }
    },
  });
