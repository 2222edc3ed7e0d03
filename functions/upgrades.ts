// HTTP: single upgrades. Their campaigns are in campaigns.ts, the queue and timer side in upgrade-triggers.ts.

import { z } from "zod";
import type { Actor } from "../shared/kernel/actor.ts";
import type { Result } from "../shared/kernel/result.ts";
import { organisationIdSchema } from "../shared/organisations/organisation.ts";
import type { OrganisationStore } from "../shared/organisations/store.ts";
import { defineEndpoint } from "../shared/platform/http/endpoint.ts";
import { pageOf, pageQuery, pageView } from "../shared/platform/http/paging.ts";
import { problem } from "../shared/platform/http/problems.ts";
import { upgradeHistoryView, upgradeView, viewUpgrade, viewUpgradeWithHistory } from "../shared/upgrades/api.ts";
import type { UpgradeSteeringRefusal, UpgradeVerb } from "../shared/upgrades/steer-upgrade.ts";
import type { StoredUpgrade, UpgradeStore } from "../shared/upgrades/store.ts";
import { campaignParams, changedMeanwhile } from "./campaigns.ts";
import { organisationUnknown } from "./organisations.ts";

interface Deps {
  readonly store: UpgradeStore;
  readonly organisations: OrganisationStore;
  readonly steerUpgrade: (
    of: UpgradeKey,
    verb: UpgradeVerb,
    actor: Actor,
    ifMatch?: string,
  ) => Promise<Result<StoredUpgrade, UpgradeSteeringRefusal>>;
}

const upgradeParams = campaignParams.extend({ organisationId: organisationIdSchema });
type UpgradeKey = z.output<typeof upgradeParams>;

const upgradeUnknown = ({ campaignId, organisationId }: UpgradeKey) =>
  problem("upgradeUnknown", `Campaign ${campaignId} has no upgrade of organisation ${organisationId}.`);

export function upgradeEndpoints(deps: Deps) {
  return [
    getUpgrade(deps),
    listUpgradesOfOrganisation(deps),
    ...(["skip", "retry"] as const).map((verb) => steerUpgradeEndpoint(deps, verb)),
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
      const rows = await Promise.all(page.items.map(({ campaignId }) => store.readUpgrade(campaignId, organisationId)));
      const found = rows.filter((row) => row !== undefined).map((row) => viewUpgrade(row.upgrade));
      if (found.length === 0 && (await organisations.read(organisationId)) === undefined)
        return organisationUnknown(organisationId);
      return { status: 200, body: pageView(found, page.cursor) };
    },
  });

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
