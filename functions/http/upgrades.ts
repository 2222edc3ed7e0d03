// HTTP: single upgrades. Their campaigns are in campaigns.ts, the queue and timer side in upgrade-triggers.ts.

import { z } from "zod";
import type { Actor } from "../../shared/kernel/actor.ts";
import type { Result } from "../../shared/kernel/result.ts";
import { organisationIdSchema } from "../../shared/kernel/identity.ts";
import type { OrganisationStore } from "../../shared/organisations/store.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { pageOf, pageQuery, pageView } from "../../shared/platform/http/paging.ts";
import { problem } from "../../shared/platform/http/problems.ts";
import { dryRunQuery, rescheduleBody } from "../../shared/upgrades/campaigns/api.ts";
import type { Upgrade } from "../../shared/upgrades/core/upgrade.ts";
import type { PreviewedNotice } from "../../shared/upgrades/upgrade/preview.ts";
import type { RescheduleRefusal } from "../../shared/upgrades/dates/reschedule.ts";
import type {
  UpgradeCommandRefusal,
  UpgradeCommandOptions,
  UpgradeCommand,
} from "../../shared/upgrades/upgrade/upgrade-commands.ts";
import type { StoredUpgrade } from "../../shared/upgrades/store/rows.ts";
import type { UpgradeStore } from "../../shared/upgrades/store/store.ts";
import {
  commandedUpgradeView,
  upgradeHistoryView,
  upgradeView,
  viewPreviewedNotices,
  viewUpgrade,
  viewUpgradeWithHistory,
} from "../../shared/upgrades/upgrade/upgrade-view.ts";
import { campaignParams } from "./campaigns.ts";
import { changedMeanwhile } from "./campaign-problems.ts";
import { organisationUnknown } from "./organisations.ts";

interface Deps {
  readonly store: UpgradeStore;
  readonly organisations: OrganisationStore;
  readonly commandUpgrade: (
    of: UpgradeKey,
    verb: UpgradeCommand,
    actor: Actor,
    options?: UpgradeCommandOptions,
  ) => Promise<Result<StoredUpgrade, UpgradeCommandRefusal>>;
  readonly reschedule: (
    of: UpgradeKey,
    start: string,
    actor: Actor,
    options?: UpgradeCommandOptions,
  ) => Promise<Result<StoredUpgrade, RescheduleRefusal>>;
  /** What its customer would be told if a verb left it like this. */
  readonly previewUpgrade: (upgrade: Upgrade) => Promise<readonly PreviewedNotice[]>;
}

const upgradeParams = campaignParams.extend({ organisationId: organisationIdSchema });
type UpgradeKey = z.output<typeof upgradeParams>;

const upgradeUnknown = ({ campaignId, organisationId }: UpgradeKey) =>
  problem("upgradeUnknown", `Campaign ${campaignId} has no upgrade of organisation ${organisationId}.`);

export function upgradeEndpoints(deps: Deps) {
  return [
    getUpgrade(deps),
    listUpgradesOfOrganisation(deps),
    ...(["skip", "retry", "force-roll-back"] as const).map((verb) => steerUpgradeEndpoint(deps, verb)),
    rescheduleUpgrade(deps),
  ];
}

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
      const rows = await Promise.all(
        page.items.map(({ campaign }) => store.readUpgrade(campaign.campaignId, organisationId)),
      );
      const found = rows.filter((row) => row !== undefined).map((row) => viewUpgrade(row.upgrade));
      if (found.length === 0 && (await organisations.read(organisationId)) === undefined)
        return organisationUnknown(organisationId);
      return { status: 200, body: pageView(found, page.cursor) };
    },
  });

const VERB_SUMMARIES: Record<UpgradeCommand, string> = {
  skip: "Leaves the organisation out of the campaign, before its upgrade has started",
  retry: "Tries a failed roll-back again",
  "force-roll-back": "Brings an organisation whose upgrade is under way back to its previous version",
};

const steerUpgradeEndpoint = (deps: Deps, verb: UpgradeCommand) =>
  defineEndpoint({
    name: `${verb}-upgrade`,
    method: "POST",
    route: `campaigns/{campaignId}/organisations/{organisationId}/${verb}`,
    role: "Upgrades.Manage",
    summary: VERB_SUMMARIES[verb],
    params: upgradeParams,
    query: dryRunQuery,
    answers: { 200: commandedUpgradeView },
    handle: async ({ params, query, caller, headers }) => {
      const options = { ifMatch: headers.ifMatch, dryRun: query.dryRun === "true" };
      const steered = await deps.commandUpgrade(params, verb, caller.actor, options);
      if (steered.ok) return upgradeAnswer(deps, steered.value, options.dryRun);
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

async function upgradeAnswer(deps: Deps, { upgrade, etag }: StoredUpgrade, isDryRun: boolean) {
  const foreseen = isDryRun ? { notices: viewPreviewedNotices(await deps.previewUpgrade(upgrade)) } : {};
  return { status: 200, body: { ...viewUpgrade(upgrade), ...foreseen }, headers: { etag } } as const;
}

const rescheduleUpgrade = (deps: Deps) =>
  defineEndpoint({
    name: "reschedule-upgrade",
    method: "POST",
    route: "campaigns/{campaignId}/organisations/{organisationId}/reschedule",
    role: "Upgrades.Manage",
    summary:
      "Another date: one that the customer may choose (support was called), or a later one, announced four weeks ahead",
    params: upgradeParams,
    query: dryRunQuery,
    body: rescheduleBody,
    answers: { 200: commandedUpgradeView },
    handle: async ({ params, query, body, caller, headers }) => {
      const options = { ifMatch: headers.ifMatch, dryRun: query.dryRun === "true" };
      const moved = await deps.reschedule(params, body.start, caller.actor, options);
      return moved.ok ? upgradeAnswer(deps, moved.value, options.dryRun) : rescheduleProblem(params, moved.error);
    },
  });

function rescheduleProblem(params: UpgradeKey, refusal: RescheduleRefusal) {
  const what = `The upgrade of ${params.organisationId}`;
  switch (refusal.kind) {
    case "unknown":
      return upgradeUnknown(params);
    case "changedMeanwhile":
    case "revised":
      return changedMeanwhile(what);
    case "noDate":
      return problem("wrongState", `${what} has no date that was announced.`);
    case "started":
      return problem("wrongState", `${what} has started. POST .../force-roll-back undoes it.`);
    case "ended":
      return problem("wrongState", `${what} has ended.`);
    case "notOffered":
      return problem("notOffered", `${what} cannot be at that time: ${refusal.reason}.`);
  }
}
