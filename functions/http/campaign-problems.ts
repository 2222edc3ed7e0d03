// What the API answers when a campaign is refused: what is wrong, where, and what to do.

import { HOUR_MS } from "../../shared/kernel/time/durations.ts";
import { rfc3339 } from "../../shared/kernel/rfc3339.ts";
import { invalid } from "../../shared/platform/http/endpoint.ts";
import { problem, type Problem } from "../../shared/platform/http/problems.ts";
import type { RingProblem } from "../../shared/upgrades/core/rings.ts";
import type { CreationRefusal } from "../../shared/upgrades/campaigns/create-campaign.ts";
import type { RequestRefusal } from "../../shared/upgrades/campaigns/request-campaign.ts";
import type { LeftOut } from "../../shared/upgrades/campaigns/candidates.ts";
import type { CampaignCommand, CampaignCommandRefusal } from "../../shared/upgrades/campaigns/campaign-commands.ts";
import { upgradeProblem } from "../../shared/upgrades/problems.ts";
import { organisationProblem } from "../../shared/organisations/problems.ts";

export const campaignUnknown = (campaignId: string): Problem =>
  upgradeProblem("campaignUnknown", `There is no campaign ${campaignId}. GET /api/campaigns lists them.`);

export const changedMeanwhile = (what: string): Problem =>
  problem("preconditionFailed", `${what} has changed since it was read. Read it again.`);

export function creationProblem(refusal: CreationRefusal | RequestRefusal): Problem {
  switch (refusal.kind) {
    case "unknownOrganisations":
      return organisationsUnknown(refusal.ids);
    case "tooFewApprovers":
      return invalid([
        {
          pointer: "/body/approvers",
          message: `must name at least ${refusal.needed} different ${refusal.needed === 1 ? "person or tool" : "people or tools"} who will approve it`,
        },
      ]);
    case "authorApproves":
      return invalid([{ pointer: "/body/approvers", message: "must not name you: the author never approves" }]);
    case "rings":
      return invalid([ringIssue(refusal.problem)]);
    case "tooManyGroups":
      return upgradeProblem(
        "campaignImpossible",
        `Rings and stamps make ${refusal.found} groups, at most ${refusal.most} are possible. Make several campaigns.`,
      );
    case "noOrganisations":
      return upgradeProblem(
        "campaignImpossible",
        refusal.leftOut.length === 0
          ? "No organisation is registered. PUT /api/organisations/{organisationId} registers one."
          : `No organisation is left to upgrade: ${listed(refusal.leftOut)}.`,
      );
    case "notPossible":
      return upgradeProblem(
        "campaignImpossible",
        `Leave these organisations out, or remove the cause: ${listed(refusal.refused)}.`,
      );
    case "organisationTaken":
      return organisationProblem(
        "organisationInCampaign",
        `Leave these organisations out, or skip them there: ${listed(refusal.taken)}.`,
      );
    case "differentRequest":
      return problem(
        "idempotencyKeyReused",
        "This Idempotency-Key came before with another request, or the fleet has changed since. Use a new key.",
      );
    case "quarantined":
      return quarantined(refusal.reason);
    case "tooLateToAnnounce":
      return tooLate(refusal);
  }
}

export function commandProblem(campaignId: string, verb: CampaignCommand, refusal: CampaignCommandRefusal): Problem {
  switch (refusal.kind) {
    case "unknownCampaign":
      return campaignUnknown(campaignId);
    case "changedMeanwhile":
      return changedMeanwhile(`Campaign ${campaignId}`);
    case "alreadyApproved":
      return upgradeProblem(
        "alreadyApproved",
        `${refusal.by} has approved campaign ${campaignId} already. Somebody else must approve it.`,
      );
    case "notAnApprover":
      return upgradeProblem(
        "notAnApprover",
        `Campaign ${campaignId} can be approved by ${refusal.approvers.join(", ")} only.`,
      );
    case "unknownRing":
      return invalid([{ pointer: "/query/openRing", message: `must be a ring of the campaign, not ${refusal.ring}` }]);
    case "wrongState":
      return problem("wrongState", `Campaign ${campaignId} is ${refusal.state}: ${verb} is not possible now.`);
    case "quarantined":
      return quarantined(refusal.reason);
    case "tooLateToAnnounce":
      return tooLate(refusal);
  }
}

const quarantined = (reason: string): Problem =>
  upgradeProblem(
    "versionQuarantined",
    `It is quarantined: ${reason}. Two operators lift that by POST /api/quarantines/{version}/lift.`,
  );

function tooLate(refusal: Extract<CreationRefusal, { kind: "tooLateToAnnounce" }>): Problem {
  const hours = Math.ceil(refusal.postponeMs / HOUR_MS);
  return upgradeProblem(
    "tooLateToAnnounce",
    `${refusal.late} notices would be accepted less than four weeks before. The latest possible date to begin was ` +
      `${rfc3339(refusal.beginBy)}; create the campaign anew with dates at least ${hours} hours later.`,
  );
}

const organisationsUnknown = (ids: readonly string[]): Problem => {
  const more = ids.length > MOST_LISTED ? ` and ${ids.length - MOST_LISTED} more` : "";
  const names = ids.slice(0, MOST_LISTED).join(", ");
  const what = ids.length === 1 ? `organisation ${names}` : `organisations ${names}${more}`;
  return organisationProblem("organisationUnknown", `There is no ${what}. GET /api/organisations lists them.`);
};

const MOST_LISTED = 10;

function listed(organisations: readonly LeftOut[]): string {
  const first = organisations
    .slice(0, MOST_LISTED)
    .map(({ organisationId, reason }) => `${organisationId} (${reason})`);
  const more = organisations.length - first.length;
  return `${first.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function ringIssue(found: RingProblem) {
  switch (found.kind) {
    case "unknownInRing":
      return {
        pointer: "/body/rings",
        message: `ring ${found.ring} names ${found.organisationId}, which is not in this campaign`,
      };
    case "inTwoRings":
      return { pointer: "/body/rings", message: `${found.organisationId} is in two rings` };
    case "percentTooHigh":
      return {
        pointer: "/body/rings",
        message: `the percentages add up to ${found.percent}, at most 100 are possible`,
      };
  }
}
