// HTTP: campaigns. What people do to one is in campaign-commands.ts, its upgrades are in upgrades.ts.

import { z } from "zod";
import { actorId } from "../../shared/kernel/actor.ts";
import { csvText } from "../../shared/platform/http/csv.ts";
import { textAnswer } from "../../shared/platform/http/content.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { pageOf, pageQuery, pageView } from "../../shared/platform/http/paging.ts";
import { dryRunQuery, newCampaignBody } from "../../shared/upgrades/campaigns/api.ts";
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
import type { Upgrade } from "../../shared/upgrades/core/upgrade.ts";
import { UPGRADE_COLUMNS, upgradeView, viewUpgrade } from "../../shared/upgrades/upgrade/upgrade-view.ts";
import type { UpgradeVerbs } from "../../shared/upgrades/verbs.ts";
import { campaignUnknown, creationProblem } from "./campaign-problems.ts";

export const campaignParams = z.object({ campaignId: z.string().regex(/^[a-z0-9-]{1,60}$/, "must be a campaign id") });

export const campaignEndpoints = (upgrades: UpgradeVerbs) => [
  postCampaign(upgrades),
  listCampaigns(upgrades),
  getCampaign(upgrades),
  getCampaignCsv(upgrades),
  getCampaignOrganisationsCsv(upgrades),
  listCampaignOrganisations(upgrades),
];

const postCampaign = (upgrades: UpgradeVerbs) =>
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
      const request = await upgrades.requestCampaign(body, caller.actor, headers.idempotencyKey);
      if (!request.ok) return creationProblem(request.error);
      if (query.dryRun === "true") {
        const plan = await upgrades.planCampaign(request.value, actorId(caller.actor));
        return plan.ok ? { status: 200, body: viewPlan(plan.value) } : creationProblem(plan.error);
      }
      const created = await upgrades.createCampaign(request.value, caller.actor);
      if (!created.ok) return creationProblem(created.error);
      const { campaign, etag, leftOut } = created.value;
      return {
        status: 201,
        body: { ...viewCampaign(campaign), ...(leftOut === undefined ? {} : { leftOut: viewLeftOut(leftOut) }) },
        headers: { etag, location: `/api/campaigns/${campaign.campaignId}` },
      };
    },
  });

const listCampaigns = (upgrades: UpgradeVerbs) =>
  defineEndpoint({
    name: "list-campaigns",
    method: "GET",
    route: "campaigns",
    role: "Upgrades.Read",
    summary: "Campaigns, newest first",
    query: pageQuery,
    answers: { 200: pageOf(campaignView) },
    handle: async ({ query }) => {
      const page = await upgrades.store.listCampaigns(Math.min(query.limit, 100), query.cursor);
      const items = page.items.map(({ campaign }) => viewCampaign(campaign));
      return { status: 200, body: pageView(items, page.cursor) };
    },
  });

const getCampaign = (upgrades: UpgradeVerbs) =>
  defineEndpoint({
    name: "get-campaign",
    method: "GET",
    route: "campaigns/{campaignId}",
    role: "Upgrades.Read",
    summary: "One campaign: counts per ring, what is under way, and when it will probably have ended",
    params: campaignParams,
    answers: { 200: campaignProgressView },
    handle: async ({ params: { campaignId } }) => {
      const stored = await upgrades.store.readCampaign(campaignId);
      if (stored === undefined) return campaignUnknown(campaignId);
      const { campaign, etag } = stored;
      return { status: 200, body: viewProgress(campaign, await upgrades.progress(campaign)), headers: { etag } };
    },
  });

const getCampaignCsv = (upgrades: UpgradeVerbs) =>
  defineEndpoint({
    name: "get-campaign-csv",
    method: "GET",
    route: "campaigns/{campaignId}/progress.csv",
    role: "Upgrades.Read",
    summary: "As CSV: counts of a campaign and of its rings, and when it will probably have ended",
    params: campaignParams,
    answers: { 200: textAnswer("text/csv") },
    handle: async ({ params: { campaignId } }) => {
      const stored = await upgrades.store.readCampaign(campaignId);
      if (stored === undefined) return campaignUnknown(campaignId);
      const rows = progressRows(await upgrades.progress(stored.campaign));
      return { status: 200, body: csvText(PROGRESS_COLUMNS, rows), headers: { fileName: `${campaignId}.csv` } };
    },
  });

const getCampaignOrganisationsCsv = (upgrades: UpgradeVerbs) =>
  defineEndpoint({
    name: "get-campaign-organisations-csv",
    method: "GET",
    route: "campaigns/{campaignId}/organisations.csv",
    role: "Upgrades.Read",
    summary: "As CSV: every upgrade of a campaign, ascending by organisation",
    params: campaignParams,
    answers: { 200: textAnswer("text/csv") },
    handle: async ({ params: { campaignId } }) => {
      if ((await upgrades.store.readCampaign(campaignId)) === undefined) return campaignUnknown(campaignId);
      const rows: Upgrade[] = [];
      for await (const { upgrade } of upgrades.store.allUpgrades(campaignId)) rows.push(upgrade);
      return {
        status: 200,
        body: csvText(UPGRADE_COLUMNS, rows),
        headers: { fileName: `${campaignId}-organisations.csv` },
      };
    },
  });

const listCampaignOrganisations = (upgrades: UpgradeVerbs) =>
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
      if ((await upgrades.store.readCampaign(campaignId)) === undefined) return campaignUnknown(campaignId);
      const page = await upgrades.store.listUpgrades(campaignId, query.limit, query.cursor);
      const items = page.items.map(({ upgrade }) => viewUpgrade(upgrade));
      return { status: 200, body: pageView(items, page.cursor) };
    },
  });
