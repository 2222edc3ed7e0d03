// HTTP: campaigns. What people do to one is in campaign-verbs.ts, its upgrades in upgrades.ts, the queue and timer side in
// upgrade-triggers.ts.

import { defined } from "../../shared/kernel/defined.ts";
import { HOUR_MS } from "../../shared/kernel/time/durations.ts";
import { z } from "zod";
import { actorId, type Actor } from "../../shared/kernel/actor.ts";
import type { Result } from "../../shared/kernel/result.ts";
import { chooseOrganisations } from "../../shared/organisations/choose-organisations.ts";
import type { OrganisationStore } from "../../shared/organisations/store.ts";
import { deterministicId } from "../../shared/platform/deterministic-id.ts";
import { csvText } from "../../shared/platform/http/csv.ts";
import { textAnswer } from "../../shared/platform/http/content.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { pageOf, pageQuery, pageView } from "../../shared/platform/http/paging.ts";
import { Problem } from "../../shared/platform/http/problems.ts";
import type { Ids } from "../../shared/platform/ids.ts";
import { dryRunQuery, newCampaignBody, type NewCampaignBody } from "../../shared/upgrades/campaigns/api.ts";
import type { Campaign } from "../../shared/upgrades/core/campaign.ts";
import type { Upgrade } from "../../shared/upgrades/core/upgrade.ts";
import type { CreatedCampaign, CreationRefusal, NewCampaign } from "../../shared/upgrades/campaigns/create-campaign.ts";
import type { Plan } from "../../shared/upgrades/campaigns/plan-campaign.ts";
import type { Progress } from "../../shared/upgrades/campaigns/progress.ts";
import type { UpgradeStore } from "../../shared/upgrades/store/store.ts";
import {
  campaignProgressView,
  campaignView,
  createdCampaignView,
  planView,
  PROGRESS_COLUMNS,
  progressRows,
  viewCampaign,
  viewLeftOut,
  viewPlan,
  viewProgress,
} from "../../shared/upgrades/campaigns/campaign-view.ts";
import { UPGRADE_COLUMNS, upgradeView, viewUpgrade } from "../../shared/upgrades/upgrade/upgrade-view.ts";
import { campaignUnknown, creationProblem, organisationsUnknown } from "./campaign-problems.ts";
import { UNREADABLE_ROW } from "../../shared/upgrades/campaigns/candidates.ts";
import { part } from "../../shared/kernel/text.ts";

interface Deps {
  readonly store: UpgradeStore;
  readonly organisations: OrganisationStore;
  readonly ids: Ids;
  readonly defaults: {
    readonly maxInFlight: number;
    /** Of an upgrade; a hotfix does not soak unless its rings say so. */
    readonly soakMs: number;
  };
  readonly plan: (request: NewCampaign, author: string) => Promise<Result<Plan, CreationRefusal>>;
  readonly create: (request: NewCampaign, actor: Actor) => Promise<Result<CreatedCampaign, CreationRefusal>>;
  readonly progress: (campaign: Campaign) => Promise<Progress>;
}

export const campaignParams = z.object({ campaignId: z.string().regex(/^[a-z0-9-]{1,60}$/, "must be a campaign id") });

export function campaignEndpoints(deps: Deps) {
  return [
    postCampaign(deps),
    listCampaigns(deps),
    getCampaign(deps),
    getCampaignCsv(deps),
    getCampaignOrganisationsCsv(deps),
    listCampaignOrganisations(deps),
  ];
}

const postCampaign = (deps: Deps) =>
  defineEndpoint({
    name: "create-campaign",
    method: "POST",
    route: "campaigns",
    role: "Upgrades.Manage",
    summary:
      "Creates a campaign as a draft, or (dryRun) answers its plan; it begins when its approvers have approved it",
    query: dryRunQuery,
    body: newCampaignBody,
    answers: { 200: planView, 201: createdCampaignView },
    handle: async ({ body, query, caller, headers }) => {
      const request = await requestOf(deps, body, caller.actor, headers.idempotencyKey);
      if (request instanceof Problem) return request;
      if (query.dryRun === "true") {
        const plan = await deps.plan(request, actorId(caller.actor));
        return plan.ok ? { status: 200, body: viewPlan(plan.value) } : creationProblem(plan.error);
      }
      const created = await deps.create(request, caller.actor);
      if (!created.ok) return creationProblem(created.error);
      const { campaign, etag, leftOut } = created.value;
      return {
        status: 201,
        body: { ...viewCampaign(campaign), ...(leftOut === undefined ? {} : { leftOut: viewLeftOut(leftOut) }) },
        headers: { etag, location: `/api/campaigns/${campaign.campaignId}` },
      };
    },
  });

async function requestOf(
  deps: Deps,
  body: NewCampaignBody,
  actor: Actor,
  key: string | undefined,
): Promise<NewCampaign | Problem> {
  const chosen = await chooseOrganisations(deps.organisations, body.organisations);
  const { organisations, unknown, unreadable } = chosen;
  const isWholeFleet = body.organisations === "all";
  if (unknown.length > 0) return organisationsUnknown(unknown);
  if (unreadable.length > 0 && !isWholeFleet) {
    const refused = unreadable.map((organisationId) => ({ organisationId, reason: UNREADABLE_ROW }));
    return creationProblem({ kind: "notPossible", refused });
  }
  const id = key === undefined ? deps.ids.next() : deterministicId(JSON.stringify(["campaign", actor, key]));
  return {
    campaignId: `c-${part(id.replaceAll("-", ""), 0, 16)}`,
    kind: body.kind,
    version: body.version,
    ...defined({ reason: body.reason }),
    organisations,
    isWholeFleet,
    unreadable,
    approvers: body.approvers,
    rings: body.rings?.map(({ soakHours, ...ring }) => ({ ...ring, soakMs: Math.round(soakHours * HOUR_MS) })),
    standardSoakMs: body.kind === "hotfix" ? 0 : deps.defaults.soakMs,
    maxInFlight: body.maxInFlight ?? deps.defaults.maxInFlight,
    failureBudget: body.failureBudget,
    stampFailureBudget: body.stampFailureBudget,
    ...(body.notBefore === undefined ? {} : { notBefore: Date.parse(body.notBefore) }),
    ...(body.notAfter === undefined ? {} : { notAfter: Date.parse(body.notAfter) }),
  };
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
      const items = page.items.map(({ campaign }) => viewCampaign(campaign));
      return { status: 200, body: pageView(items, page.cursor) };
    },
  });

const getCampaign = ({ store, progress }: Deps) =>
  defineEndpoint({
    name: "get-campaign",
    method: "GET",
    route: "campaigns/{campaignId}",
    role: "Upgrades.Read",
    summary: "One campaign: counts per ring, what is under way, and when it will probably have ended",
    params: campaignParams,
    answers: { 200: campaignProgressView },
    handle: async ({ params: { campaignId } }) => {
      const stored = await store.readCampaign(campaignId);
      if (stored === undefined) return campaignUnknown(campaignId);
      const { campaign, etag } = stored;
      return { status: 200, body: viewProgress(campaign, await progress(campaign)), headers: { etag } };
    },
  });

const getCampaignCsv = ({ store, progress }: Deps) =>
  defineEndpoint({
    name: "get-campaign-csv",
    method: "GET",
    route: "campaigns/{campaignId}/progress.csv",
    role: "Upgrades.Read",
    summary: "As CSV: counts of a campaign and of its rings, and when it will probably have ended",
    params: campaignParams,
    answers: { 200: textAnswer("text/csv") },
    handle: async ({ params: { campaignId } }) => {
      const stored = await store.readCampaign(campaignId);
      if (stored === undefined) return campaignUnknown(campaignId);
      const rows = progressRows(await progress(stored.campaign));
      return { status: 200, body: csvText(PROGRESS_COLUMNS, rows), headers: { fileName: `${campaignId}.csv` } };
    },
  });

const getCampaignOrganisationsCsv = ({ store }: Deps) =>
  defineEndpoint({
    name: "get-campaign-organisations-csv",
    method: "GET",
    route: "campaigns/{campaignId}/organisations.csv",
    role: "Upgrades.Read",
    summary: "As CSV: every upgrade of a campaign, ascending by organisation",
    params: campaignParams,
    answers: { 200: textAnswer("text/csv") },
    handle: async ({ params: { campaignId } }) => {
      if ((await store.readCampaign(campaignId)) === undefined) return campaignUnknown(campaignId);
      const rows: Upgrade[] = [];
      for await (const { upgrade } of store.allUpgrades(campaignId)) rows.push(upgrade);
      return {
        status: 200,
        body: csvText(UPGRADE_COLUMNS, rows),
        headers: { fileName: `${campaignId}-organisations.csv` },
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
      const items = page.items.map(({ upgrade }) => viewUpgrade(upgrade));
      return { status: 200, body: pageView(items, page.cursor) };
    },
  });
