// One campaign: one release going out to many organisations. Values and rules only.

import { z } from "zod";
import { err, ok, type Result } from "../../kernel/result.ts";

const instant = z.int().nonnegative();

export const CAMPAIGN_MOVES = {
  /** Its rows are being written; ends as draft, or is given up by itself after a while. */
  creating: ["draft"],
  /** Waits for its second approver. */
  draft: ["running", "aborted"],
  /** Admits upgrades, at most `maxInFlight` at once. */
  running: ["paused", "aborted", "completed"],
  /** Admits nothing; upgrades under way go on to their end. */
  paused: ["running", "aborted"],
  /** Every upgrade has ended. */
  completed: [],
  /** Everything not yet admitted is skipped; upgrades under way go on to their end. */
  aborted: [],
} as const satisfies Record<string, readonly string[]>;

export type CampaignState = keyof typeof CAMPAIGN_MOVES;
export const CAMPAIGN_STATES = Object.keys(CAMPAIGN_MOVES) as readonly CampaignState[];

export const campaignSchema = z.object({
  campaignId: z.string(),
  kind: z.literal("hotfix"),
  version: z.string(),
  state: z.enum(CAMPAIGN_STATES),
  organisationCount: z.int().positive(),
  maxInFlight: z.int().positive(),
  /** How many upgrades may have failed or be under way at any time. */
  failureBudget: z.int().positive(),
  /** Why the system itself paused the campaign. */
  pausedBecause: z.string().optional(),
  createdBy: z.string(),
  createdAt: instant,
  approvals: z.array(z.object({ by: z.string(), at: instant })),
  startedAt: instant.optional(),
  endedAt: instant.optional(),
  /** Fingerprint of the request that made it: a repeated request must be the same. */
  fingerprint: z.string(),
});
export type Campaign = Readonly<z.infer<typeof campaignSchema>>;

/** A hotfix starts when this many different people have approved it. */
export const APPROVALS_NEEDED = 2;

/** A campaign whose creation has not ended by then was left behind by a crash: its claims are void. */
export const CREATION_LIMIT_MS = 10 * 60_000;

export type CampaignRefusal =
  | { readonly kind: "wrongState"; readonly state: CampaignState }
  | { readonly kind: "alreadyApproved"; readonly by: string };

/** Adds one approval; the second one, by somebody else, starts the campaign. */
export function approve(campaign: Campaign, by: string, now: number): Result<Campaign, CampaignRefusal> {
  if (campaign.state !== "draft") return err({ kind: "wrongState", state: campaign.state });
  if (campaign.approvals.some((approval) => approval.by === by)) return err({ kind: "alreadyApproved", by });
  const approvals = [...campaign.approvals, { by, at: now }];
  if (approvals.length < APPROVALS_NEEDED) return ok({ ...campaign, approvals });
  return ok({ ...campaign, approvals, state: "running", startedAt: now });
}

/** Creation ended, pause, resume, abort: a move of the table, or a refusal that names the present state. */
export function moveCampaign(
  campaign: Campaign,
  to: "draft" | "running" | "paused" | "aborted",
): Result<Campaign, CampaignRefusal> {
  const allowed: readonly CampaignState[] = CAMPAIGN_MOVES[campaign.state];
  if (!allowed.includes(to)) return err({ kind: "wrongState", state: campaign.state });
  const { pausedBecause: _, ...rest } = campaign;
  return ok({ ...rest, state: to });
}

/** What the coordinator makes of a campaign whose failure budget is used up. */
export const pauseForFailures = (campaign: Campaign): Campaign => ({
  ...campaign,
  state: "paused",
  pausedBecause: `the failure budget of ${campaign.failureBudget} is used up`,
});

/** A tenth of the organisations, but enough for a small campaign to get anywhere. */
export const standardFailureBudget = (organisations: number): number => Math.max(5, Math.ceil(organisations / 10));

/** What the coordinator makes of a campaign whose upgrades have all ended; undefined when it stays as it is. */
export function closeCampaign(campaign: Campaign, now: number): Campaign | undefined {
  if (campaign.state === "running") return { ...campaign, state: "completed", endedAt: now };
  if (campaign.state === "aborted" && campaign.endedAt === undefined) return { ...campaign, endedAt: now };
  return undefined;
}

/** Whether a campaign can hold organisations, so that no other campaign may take them while their upgrade is open. */
export function holdsOrganisations(campaign: Campaign, now: number): boolean {
  if (campaign.state === "creating") return now < campaign.createdAt + CREATION_LIMIT_MS;
  // Upgrades under way outlive an abort; only when every one has ended there is nothing left to hold.
  return campaign.endedAt === undefined;
}

/** Whether the coordinator still has something to do. */
export const isOpen = (campaign: Campaign): boolean =>
  campaign.endedAt === undefined && campaign.state !== "creating" && campaign.state !== "draft";
