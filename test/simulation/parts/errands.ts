// What operators do, as work that is repeated until it got an answer, as callers do after a lost connection.

import { createCampaign } from "../../../shared/upgrades/create-campaign.ts";
import { steerCampaign, type CampaignVerb } from "../../../shared/upgrades/steer-campaign.ts";
import { steerUpgrade, type UpgradeVerb } from "../../../shared/upgrades/steer-upgrade.ts";
import type { Member, Ports } from "./world.ts";

export interface Errand {
  readonly what: string;
  readonly run: (ports: Ports) => Promise<unknown>;
}

export const create = (
  campaignId: string,
  members: readonly Member[],
  request: { readonly version: string; readonly maxInFlight: number; readonly failureBudget: number },
): Errand => ({
  what: `create ${campaignId} of ${members.length} organisations`,
  run: (ports) =>
    createCampaign(
      ports,
      { ...request, campaignId, organisations: members.map(organisationOf).toSorted(byId) },
      { kind: "tool", clientId: "operator-a" },
    ),
});

export const steer = (campaignId: string, verb: CampaignVerb, clientId = "operator-a"): Errand => ({
  what: `${verb} ${campaignId} by ${clientId}`,
  run: (ports) => steerCampaign(ports, campaignId, verb, { kind: "tool", clientId }),
});

export const steerOne = (campaignId: string, organisationId: string, verb: UpgradeVerb): Errand => ({
  what: `${verb} ${organisationId} in ${campaignId}`,
  run: (ports) => steerUpgrade(ports, { campaignId, organisationId }, verb, { kind: "person", userId: "support" }),
});

/** A campaign from nothing to running. */
export const startOf = (...args: Parameters<typeof create>): readonly Errand[] => [
  create(...args),
  steer(args[0], "approve", "operator-a"),
  steer(args[0], "approve", "operator-b"),
];

const organisationOf = ({ contact, number: _, ...member }: Member) => ({
  ...member,
  contacts: [contact],
  platformUrl: "https://x.example",
});

const byId = (a: { readonly organisationId: string }, b: { readonly organisationId: string }): number =>
  a.organisationId < b.organisationId ? -1 : 1;
