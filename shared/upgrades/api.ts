// HTTP bodies of campaigns and upgrades.

import { z } from "zod";
import { optionalRfc3339, rfc3339 } from "../kernel/rfc3339.ts";
import { organisationIdSchema, versionSchema } from "../organisations/organisation.ts";
import { CAMPAIGN_STATES, type Campaign } from "./core/campaign.ts";
import { UPGRADE_STATES } from "./core/moves.ts";
import { offlineSeconds, type HistoryEntry, type Upgrade } from "./core/upgrade.ts";

const dateTime = z.iso.datetime({ offset: true });

export const newCampaignBody = z.strictObject({
  kind: z.literal("hotfix"),
  version: versionSchema,
  organisations: z
    .union([z.literal("all"), z.array(organisationIdSchema).min(1).max(10_000)])
    .describe("Organisation ids, or all that are registered."),
  maxInFlight: z.int().min(1).max(1000).optional().describe("How many organisations may be under way at once."),
  failureBudget: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      "How many organisations may have failed or be under way at any time; a tenth of them, at least 5, when absent.",
    ),
});

export const campaignView = z.object({
  campaignId: z.string(),
  kind: z.literal("hotfix"),
  version: z.string(),
  state: z.enum(CAMPAIGN_STATES),
  organisationCount: z.int(),
  maxInFlight: z.int(),
  failureBudget: z.int(),
  pausedBecause: z.string().optional(),
  createdBy: z.string(),
  createdAt: dateTime,
  approvals: z.array(z.object({ by: z.string(), at: dateTime })),
  startedAt: dateTime.optional(),
  endedAt: dateTime.optional(),
});

export const campaignProgressView = campaignView.extend({
  counts: z.partialRecord(z.enum(UPGRADE_STATES), z.int()).describe("Upgrades in each state that has any."),
});

export const upgradeView = z.object({
  campaignId: z.string(),
  organisationId: z.string(),
  stamp: z.string(),
  ring: z.string(),
  state: z.enum(UPGRADE_STATES),
  fromVersion: z.string().optional(),
  targetVersion: z.string(),
  enteredAt: dateTime,
  deadline: dateTime.optional(),
  failure: z.string().optional(),
  offlineFrom: dateTime.optional(),
  onlineAgainAt: dateTime.optional(),
  offlineSeconds: z.int().optional(),
});

export const upgradeHistoryView = upgradeView.extend({
  history: z.array(
    z.object({
      sequence: z.int(),
      from: z.enum(UPGRADE_STATES),
      to: z.enum(UPGRADE_STATES),
      at: dateTime,
      by: z.string(),
      reason: z.string().optional(),
    }),
  ),
});

export function viewCampaign(campaign: Campaign): z.infer<typeof campaignView> {
  const { fingerprint: _, createdAt, startedAt, endedAt, approvals, ...rest } = campaign;
  return {
    ...rest,
    createdAt: rfc3339(createdAt),
    approvals: approvals.map(({ by, at }) => ({ by, at: rfc3339(at) })),
    ...optionalRfc3339("startedAt", startedAt),
    ...optionalRfc3339("endedAt", endedAt),
  };
}

export function viewUpgrade(upgrade: Upgrade): z.infer<typeof upgradeView> {
  const { campaignId, organisationId, stamp, ring, state, fromVersion, targetVersion, failure } = upgrade;
  const seconds = offlineSeconds(upgrade);
  return {
    campaignId,
    organisationId,
    stamp,
    ring,
    state,
    targetVersion,
    ...(fromVersion === undefined ? {} : { fromVersion }),
    enteredAt: rfc3339(upgrade.enteredAt),
    ...optionalRfc3339("deadline", upgrade.deadline),
    ...(failure === undefined ? {} : { failure }),
    ...optionalRfc3339("offlineFrom", upgrade.offlineFrom),
    ...optionalRfc3339("onlineAgainAt", upgrade.onlineAgainAt),
    ...(seconds === undefined ? {} : { offlineSeconds: seconds }),
  };
}

export function viewUpgradeWithHistory(
  upgrade: Upgrade,
  history: readonly HistoryEntry[],
): z.infer<typeof upgradeHistoryView> {
  return {
    ...viewUpgrade(upgrade),
    history: history.map(({ organisationId: _, at, ...entry }) => ({ ...entry, at: rfc3339(at) })),
  };
}

export const resumeQuery = z.strictObject({
  failureBudget: z.coerce.number().int().min(1).max(10_000).optional().describe("A new failure budget."),
});
