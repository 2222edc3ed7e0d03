// One campaign: one release going out to many organisations. Values and rules only.

import { defined } from "../../kernel/defined.ts";
import { HOUR_MS, MINUTE_MS } from "../../kernel/time/durations.ts";
import { z } from "zod";
import { instant } from "../../kernel/rfc3339.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { ringSchema } from "./rings.ts";
import { tallySchema } from "./tally.ts";
import { paceSchema } from "./pace.ts";

export const CAMPAIGN_MOVES = {
  /** Its rows are being written; ends as draft, or is given up by itself after a while. */
  creating: ["draft"],
  /** Waits for its approvers. */
  draft: ["approved", "aborted"],
  /** Approved; the coordinator asks for the notices. */
  approved: ["announcing", "running", "aborted"],
  /** Every notice is asked for; the first window has not opened yet. */
  announcing: ["running", "paused", "aborted"],
  /** Admits upgrades, as far as windows, rings and budgets let it. */
  running: ["paused", "aborted", "completed"],
  /** Admits nothing; upgrades under way go on to their end, windows that pass are planned and announced anew. */
  paused: ["running", "aborted", "completed"],
  /** Every upgrade has ended. */
  completed: [],
  /** Everything not yet admitted is skipped and cancelled; upgrades under way go on to their end. */
  aborted: [],
} as const satisfies Record<string, readonly string[]>;

export type CampaignState = keyof typeof CAMPAIGN_MOVES;
export const CAMPAIGN_STATES = Object.keys(CAMPAIGN_MOVES) as readonly CampaignState[];

export const CAMPAIGN_KINDS = ["upgrade", "hotfix"] as const;
export type CampaignKind = (typeof CAMPAIGN_KINDS)[number];

/** So many of the named approvers, none of them the author, must approve. A hotfix comes without four weeks' notice. */
export const APPROVALS_NEEDED = { upgrade: 1, hotfix: 2 } as const satisfies Record<CampaignKind, number>;

export const campaignSchema = z.object({
  campaignId: z.string(),
  kind: z.enum(CAMPAIGN_KINDS),
  version: z.string(),
  state: z.enum(CAMPAIGN_STATES),
  /** Number of moves made since it was a draft, and which of them others have been told of. */
  sequence: z.int().nonnegative(),
  notifiedSequence: z.int().nonnegative(),
  organisationCount: z.int().positive(),
  maxInFlight: z.int().positive(),
  /** How many upgrades may have failed or be under way at any time: in all, and on one stamp. Each ring has its own. */
  failureBudget: z.int().positive(),
  stampFailureBudget: z.int().positive(),
  /** In the order in which they open. */
  rings: z.array(ringSchema).min(1).readonly(),
  /** How many of the rings are open. */
  openRings: z.int().positive(),
  /** Since when the next ring could open but for its verdict. */
  heldSince: instant.optional(),
  tallies: z.array(tallySchema).readonly(),
  /** Why the system itself paused the campaign. */
  pausedBecause: z.string().optional(),
  createdBy: z.string(),
  createdAt: instant,
  approvers: z.array(z.string()).readonly(),
  approvals: z.array(z.object({ by: z.string(), at: instant })),
  /** Start of the earliest first appointment; for a hotfix when it was approved. */
  firstStart: instant.optional(),
  /** What upgrades took when it was approved: what customers are told follows from it. */
  pace: paceSchema.optional(),
  /** Of a hotfix: what customers are told of why it cannot wait, in their language. */
  reason: z.object({ de: z.string(), en: z.string() }).optional(),
  /** Position up to which the notices have been asked for; absent before the first and after the last. */
  announceCursor: z.string().optional(),
  /** Nothing is to be done before then, unless somebody changes the campaign, which removes this. */
  sleepsUntil: instant.optional(),
  startedAt: instant.optional(),
  endedAt: instant.optional(),
  /** Fingerprint of the request that made it: a repeated request must be the same. */
  fingerprint: z.string(),
  /** W3C trace context of the request that made it: its messages continue that trace. */
  traceparent: z.string().max(100).optional(),
});
export type Campaign = Readonly<z.infer<typeof campaignSchema>>;

/** A campaign whose creation has not ended by then was left behind by a crash: its claims are void. */
export const CREATION_LIMIT_MS = 10 * MINUTE_MS;

export type CampaignRefusal =
  | { readonly kind: "wrongState"; readonly state: CampaignState }
  | { readonly kind: "alreadyApproved"; readonly by: string }
  | { readonly kind: "notAnApprover"; readonly approvers: readonly string[] };

const entered = (campaign: Campaign, state: CampaignState): Campaign => ({
  ...campaign,
  state,
  sequence: campaign.sequence + 1,
});

/** Adds one approval; the last one that is needed makes it approved. The author is never among the approvers. */
export function approve(campaign: Campaign, by: string, now: number): Result<Campaign, CampaignRefusal> {
  if (campaign.state !== "draft") return err({ kind: "wrongState", state: campaign.state });
  if (!campaign.approvers.includes(by)) return err({ kind: "notAnApprover", approvers: campaign.approvers });
  if (campaign.approvals.some((approval) => approval.by === by)) return err({ kind: "alreadyApproved", by });
  const approvals = [...campaign.approvals, { by, at: now }];
  const isEnough = approvals.length >= APPROVALS_NEEDED[campaign.kind];
  return ok(isEnough ? entered({ ...campaign, approvals }, "approved") : { ...campaign, approvals });
}

/** A move of the table, or a refusal that names the present state. */
export function moveCampaign(
  campaign: Campaign,
  to: Exclude<CampaignState, "creating" | "completed">,
  now: number,
): Result<Campaign, CampaignRefusal> {
  const allowed: readonly CampaignState[] = CAMPAIGN_MOVES[campaign.state];
  if (!allowed.includes(to)) return err({ kind: "wrongState", state: campaign.state });
  const { pausedBecause: _, sleepsUntil: __, heldSince: ___, ...rest } = campaign;
  const startedAt = rest.startedAt ?? (to === "running" ? now : undefined);
  return ok({ ...entered(rest, to), ...defined({ startedAt }) });
}

/** What the coordinator makes of a running campaign in which somebody must look first. */
export const pauseBecause = (campaign: Campaign, reason: string): Campaign => ({
  ...entered(campaign, "paused"),
  pausedBecause: reason,
});

/** A tenth of the organisations, but enough for a small campaign to get anywhere. */
export const standardFailureBudget = (organisations: number): number => Math.max(5, Math.ceil(organisations / 10));

/** What the coordinator makes of a campaign whose upgrades have all ended; undefined when it stays as it is. */
export function closeCampaign(campaign: Campaign, now: number): Campaign | undefined {
  if (campaign.state === "running" || campaign.state === "paused")
    return { ...entered(campaign, "completed"), endedAt: now };
  if (campaign.state === "aborted" && campaign.endedAt === undefined) return { ...campaign, endedAt: now };
  return undefined;
}

/** A sleeping campaign looks around so often, whatever it expects: on full hours, where chains of ticks that split meet. */
export const LONGEST_SLEEP_MS = HOUR_MS;

/** Whether a campaign can hold organisations, so that no other campaign may take them while their upgrade is open. */
export function holdsOrganisations(campaign: Campaign, now: number): boolean {
  if (campaign.state === "creating") return Math.abs(now - campaign.createdAt) < CREATION_LIMIT_MS;
  // Upgrades under way outlive an abort; only when every one has ended there is nothing left to hold.
  return campaign.endedAt === undefined;
}

/** Whether customers have not been told of it (all) yet. */
export const isInPreparation = ({ state }: Campaign): boolean =>
  state === "creating" || state === "draft" || state === "approved";

/** Whether the coordinator still has something to do. */
export const isOpen = (campaign: Campaign): boolean =>
  hasNews(campaign) || (campaign.endedAt === undefined && campaign.state !== "creating" && campaign.state !== "draft");

/** Whether others have not been told of the present state yet. */
export const hasNews = ({ sequence, notifiedSequence }: Campaign): boolean => notifiedSequence < sequence;
