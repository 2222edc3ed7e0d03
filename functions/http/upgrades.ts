// HTTP: single upgrades. Their campaigns are in campaigns.ts, their queues in ../upgrades.ts.

import { z } from "zod";
import { organisationIdSchema } from "../../shared/kernel/identity.ts";
import type { OrganisationVerbs } from "../../shared/organisations/verbs.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { pageOf, pageQuery, pageView } from "../../shared/platform/http/paging.ts";
import { problem } from "../../shared/platform/http/problems.ts";
import { dryRunQuery, rescheduleBody } from "../../shared/upgrades/campaigns/api.ts";
import type { RescheduleRefusal } from "../../shared/upgrades/dates/reschedule.ts";
import type { UpgradeCommand } from "../../shared/upgrades/upgrade/upgrade-commands.ts";
import type { StoredUpgrade } from "../../shared/upgrades/store/rows.ts";
import {
  commandedUpgradeView,
  upgradeHistoryView,
  upgradeView,
  viewPreviewedNotices,
  viewUpgrade,
  viewUpgradeWithHistory,
} from "../../shared/upgrades/upgrade/upgrade-view.ts";
import type { UpgradeVerbs } from "../../shared/upgrades/verbs.ts";
import { campaignParams } from "./campaigns.ts";
import { changedMeanwhile } from "./campaign-problems.ts";
import { organisationUnknown } from "./organisations.ts";
import { upgradeProblem } from "../../shared/upgrades/problems.ts";

const upgradeParams = campaignParams.extend({ organisationId: organisationIdSchema });
type UpgradeKey = z.output<typeof upgradeParams>;

const upgradeUnknown = ({ campaignId, organisationId }: UpgradeKey) =>
  upgradeProblem("upgradeUnknown", `Campaign ${campaignId} has no upgrade of organisation ${organisationId}.`);

export const upgradeEndpoints = (upgrades: UpgradeVerbs, organisations: OrganisationVerbs) => [
  getUpgrade(upgrades),
  listUpgradesOfOrganisation(upgrades, organisations),
  ...(["skip", "retry", "force-roll-back"] as const).map((command) => commandEndpoint(upgrades, command)),
  rescheduleUpgrade(upgrades),
];

const getUpgrade = (upgrades: UpgradeVerbs) =>
  defineEndpoint({
    name: "get-upgrade",
    method: "GET",
    route: "campaigns/{campaignId}/organisations/{organisationId}",
    role: "Upgrades.Read",
    summary: "One upgrade with its history, oldest first",
    params: upgradeParams,
    answers: { 200: upgradeHistoryView },
    handle: async ({ params }) => {
      const stored = await upgrades.store.readUpgrade(params.campaignId, params.organisationId);
      if (stored === undefined) return upgradeUnknown(params);
      const history = await upgrades.store.history(params.campaignId, params.organisationId);
      return { status: 200, body: viewUpgradeWithHistory(stored.upgrade, history), headers: { etag: stored.etag } };
    },
  });

const listUpgradesOfOrganisation = (upgrades: UpgradeVerbs, organisations: OrganisationVerbs) =>
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
      const { items, cursor } = await upgrades.upgradesOf(organisationId, query.limit, query.cursor);
      if (items.length === 0 && (await organisations.store.read(organisationId)) === undefined)
        return organisationUnknown(organisationId);
      return { status: 200, body: pageView(items.map(viewUpgrade), cursor) };
    },
  });

const SUMMARIES: Record<UpgradeCommand, string> = {
  skip: "Leaves the organisation out of the campaign, before its upgrade has started",
  retry: "Tries a failed roll-back again",
  "force-roll-back": "Brings an organisation whose upgrade is under way back to its previous version",
};

const commandEndpoint = (upgrades: UpgradeVerbs, command: UpgradeCommand) =>
  defineEndpoint({
    name: `${command}-upgrade`,
    method: "POST",
    route: `campaigns/{campaignId}/organisations/{organisationId}/${command}`,
    role: "Upgrades.Manage",
    summary: SUMMARIES[command],
    params: upgradeParams,
    query: dryRunQuery,
    answers: { 200: commandedUpgradeView },
    handle: async ({ params, query, caller, headers }) => {
      const options = { ifMatch: headers.ifMatch, dryRun: query.dryRun === "true" };
      const done = await upgrades.commandUpgrade(params, command, caller.actor, options);
      if (done.ok) return upgradeAnswer(upgrades, done.value, options.dryRun);
      switch (done.error.kind) {
        case "unknownUpgrade":
          return upgradeUnknown(params);
        case "changedMeanwhile":
          return changedMeanwhile(`The upgrade of ${params.organisationId}`);
        case "wrongState":
          return problem(
            "wrongState",
            `The upgrade of ${params.organisationId} is ${done.error.state}: ${command} is not possible now.`,
          );
      }
    },
  });

async function upgradeAnswer({ previewUpgrade }: UpgradeVerbs, { upgrade, etag }: StoredUpgrade, isDryRun: boolean) {
  const preview = isDryRun ? { notices: viewPreviewedNotices(await previewUpgrade(upgrade)) } : {};
  return { status: 200, body: { ...viewUpgrade(upgrade), ...preview }, headers: { etag } } as const;
}

const rescheduleUpgrade = (upgrades: UpgradeVerbs) =>
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
      const moved = await upgrades.reschedule(params, body.start, caller.actor, options);
      return moved.ok ? upgradeAnswer(upgrades, moved.value, options.dryRun) : rescheduleProblem(params, moved.error);
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
      return upgradeProblem("notOffered", `${what} cannot be at that time: ${refusal.reason}.`);
  }
}
