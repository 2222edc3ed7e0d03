// What the API answers about a campaign.

import { defined } from "../../kernel/defined.ts";
import { HOUR_MS } from "../../kernel/time/durations.ts";
import { z } from "zod";
import { dateTime, rfc3339 } from "../../kernel/rfc3339.ts";
import type { CsvColumn } from "../../platform/http/csv.ts";
import { CAMPAIGN_KINDS, CAMPAIGN_STATES, type Campaign } from "../core/campaign.ts";
import { UPGRADE_STATES } from "../core/moves.ts";
import type { Counts } from "../core/tally.ts";
import { EFFECTS, type Preview } from "../upgrade/preview.ts";
import type { Plan } from "./plan-campaign.ts";
import type { Progress } from "./progress.ts";
import {
  appointmentView,
  previewedNoticeView,
  viewAppointment,
  viewPreviewedNotices,
} from "../upgrade/upgrade-view.ts";
import examples from "../examples.json" with { type: "json" };

const ringView = z.object({
  ring: z.string(),
  soakHours: z.number(),
  failureBudget: z.int(),
  plannedFrom: dateTime,
  isOpen: z.boolean(),
});

export const campaignView = z
  .object({
    campaignId: z.string(),
    kind: z.enum(CAMPAIGN_KINDS),
    version: z.string(),
    state: z.enum(CAMPAIGN_STATES),
    organisationCount: z.int(),
    maxInFlight: z.int(),
    failureBudget: z.int(),
    stampFailureBudget: z.int(),
    rings: z.array(ringView),
    pausedBecause: z.string().optional(),
    reason: z
      .object({ de: z.string(), en: z.string() })
      .optional()
      .describe("Why a hotfix cannot wait, as told to customers."),
    createdBy: z.string(),
    createdAt: dateTime,
    approvers: z.array(z.string()),
    approvals: z.array(z.object({ by: z.string(), at: dateTime })),
    firstStart: dateTime.optional(),
    startedAt: dateTime.optional(),
    endedAt: dateTime.optional(),
  })
  .meta({ examples: examples.campaign });

export function viewCampaign(campaign: Campaign): z.infer<typeof campaignView> {
  const { campaignId, kind, version, state, organisationCount, maxInFlight, pausedBecause, createdBy } = campaign;
  return {
    campaignId,
    kind,
    version,
    state,
    organisationCount,
    maxInFlight,
    failureBudget: campaign.failureBudget,
    stampFailureBudget: campaign.stampFailureBudget,
    rings: campaign.rings.map(({ ring, soakMs, failureBudget, plannedFrom }, position) => ({
      ring,
      soakHours: soakMs / HOUR_MS,
      failureBudget,
      plannedFrom: rfc3339(plannedFrom),
      isOpen: position < campaign.openRings,
    })),
    ...defined({ pausedBecause, reason: campaign.reason }),
    createdBy,
    createdAt: rfc3339(campaign.createdAt),
    approvers: [...campaign.approvers],
    approvals: campaign.approvals.map(({ by, at }) => ({ by, at: rfc3339(at) })),
    ...defined({
      firstStart: rfc3339(campaign.firstStart),
      startedAt: rfc3339(campaign.startedAt),
      endedAt: rfc3339(campaign.endedAt),
    }),
  };
}

const countsView = z.object({
  scheduled: z.int(),
  underWay: z.int(),
  needsHuman: z.int(),
  succeeded: z.int(),
  rolledBack: z.int(),
  skipped: z.int(),
});

const viewCounts = ({ waiting, postponed, ...counts }: Counts): z.infer<typeof countsView> => ({
  scheduled: waiting + postponed,
  ...counts,
});

export const campaignProgressView = campaignView
  .extend({
    counts: countsView,
    rings: z.array(ringView.extend({ counts: countsView })),
    active: z
      .array(z.object({ organisationId: z.string(), ring: z.string(), state: z.enum(UPGRADE_STATES), since: dateTime }))
      .describe("Under way or in need of a human."),
    estimatedEnd: z
      .object({ low: dateTime, median: dateTime, high: dateTime, basedOn: z.int(), missTheirWindow: z.int() })
      .optional()
      .describe("In 8 of 10 campaigns the end comes between low and high."),
  })
  .meta({ examples: examples.progress });

export function viewProgress(campaign: Campaign, progress: Progress): z.infer<typeof campaignProgressView> {
  const view = viewCampaign(campaign);
  const { eta } = progress;
  const byRing = new Map(progress.rings.map(({ ring, counts }) => [ring, viewCounts(counts)]));
  return {
    ...view,
    counts: viewCounts(progress.counts),
    rings: view.rings.map((ring) => ({ ...ring, counts: byRing.get(ring.ring) ?? viewCounts(progress.counts) })),
    active: progress.active.map(({ organisationId, ring, state, enteredAt }) => ({
      organisationId,
      ring,
      state,
      since: rfc3339(enteredAt),
    })),
    ...(eta === undefined
      ? {}
      : {
          estimatedEnd: {
            low: rfc3339(eta.low),
            median: rfc3339(eta.median),
            high: rfc3339(eta.high),
            basedOn: eta.basedOn,
            missTheirWindow: eta.missTheirWindow,
          },
        }),
  };
}

interface ProgressRow {
  readonly ring?: string;
  readonly counts: z.infer<typeof countsView>;
  readonly eta?: Progress["eta"];
}

/** The campaign, then its rings in the order in which they open. */
export const progressRows = ({ counts, rings, eta }: Progress): readonly ProgressRow[] => [
  { counts: viewCounts(counts), eta },
  ...rings.map((one) => ({ ring: one.ring, counts: viewCounts(one.counts) })),
];

/** As CSV: counts of the campaign and of each ring, and the estimated end of the campaign. */
export const PROGRESS_COLUMNS: readonly CsvColumn<ProgressRow>[] = [
  { name: "scope", cell: ({ ring }) => (ring === undefined ? "campaign" : "ring") },
  { name: "ring", cell: ({ ring }) => ring },
  ...(["scheduled", "underWay", "needsHuman", "succeeded", "rolledBack", "skipped"] as const).map((name) => ({
    name,
    cell: ({ counts }: ProgressRow) => counts[name],
  })),
  ...(["low", "median", "high"] as const).map((name) => ({
    name: `estimatedEnd.${name}`,
    cell: ({ eta }: ProgressRow) => (eta === undefined ? undefined : rfc3339(eta[name])),
  })),
];

const leftOutView = z
  .array(z.object({ organisationId: z.string(), reason: z.string() }))
  .describe("Registered, but not in the campaign, and why.");

export const viewLeftOut = (leftOut: Plan["leftOut"]): z.infer<typeof leftOutView> =>
  leftOut.map(({ organisationId, reason }) => ({ organisationId, reason }));

/** A campaign that was created now. */
export const createdCampaignView = campaignView
  .extend({ leftOut: leftOutView.optional() })
  .meta({ examples: examples.created });

export const planView = z
  .object({
    dryRun: z.literal(true),
    failureBudget: z.int(),
    stampFailureBudget: z.int(),
    rings: z.array(ringView.omit({ isOpen: true }).extend({ organisations: z.int() })),
    organisations: z.array(
      z.object({
        organisationId: z.string(),
        ring: z.string(),
        appointment: appointmentView.optional(),
        expected: z
          .object({ from: dateTime, until: dateTime })
          .optional()
          .describe(
            "Of a hotfix: between which times its customer would be told to expect it, if it were approved now.",
          ),
        hasContact: z.boolean().describe("Without one nobody can be told, and it is not upgraded."),
      }),
    ),
    leftOut: leftOutView,
    notices: z
      .object({ count: z.int(), approveBy: dateTime.optional(), lastAcceptedAt: dateTime, late: z.int() })
      .optional()
      .describe(
        "How many mails tell of it, until when an upgrade must be approved, when the last mail will be accepted. late: so " +
          "many customers of a hotfix cannot be told before it begins at them, because of the quota of the mail service.",
      ),
  })
  .meta({ examples: examples.plan });

export function viewPlan({ rings, upgrades, leftOut, announcing, ...budgets }: Plan): z.infer<typeof planView> {
  return {
    dryRun: true,
    failureBudget: budgets.failureBudget,
    stampFailureBudget: budgets.stampFailureBudget,
    rings: rings.map(({ ring, soakMs, failureBudget, plannedFrom }) => ({
      ring,
      soakHours: soakMs / HOUR_MS,
      failureBudget,
      plannedFrom: rfc3339(plannedFrom),
      organisations: upgrades.filter((upgrade) => upgrade.ring === ring).length,
    })),
    organisations: upgrades.map(({ organisation, ring, appointment, expected }) => ({
      organisationId: organisation.organisationId,
      ring,
      hasContact: organisation.contacts.length > 0,
      ...(appointment === undefined ? {} : { appointment: viewAppointment(appointment) }),
      ...(expected === undefined ? {} : { expected: { from: rfc3339(expected.from), until: rfc3339(expected.until) } }),
    })),
    leftOut: viewLeftOut(leftOut),
    ...(announcing === undefined
      ? {}
      : {
          notices: {
            count: upgrades.length,
            ...defined({ approveBy: rfc3339(announcing.approveBy) }),
            lastAcceptedAt: rfc3339(announcing.lastSentAt),
            late: announcing.late ?? 0,
          },
        }),
  };
}

/** A campaign after a verb, and with dryRun what that would bring to everybody in it. */
export const commandedCampaignView = campaignView
  .extend({
    organisations: z
      .array(
        z.object({
          organisationId: z.string(),
          ring: z.string(),
          state: z.enum(UPGRADE_STATES).describe("As it is now."),
          effect: z.enum(EFFECTS),
          start: dateTime.optional(),
          notices: z.array(previewedNoticeView),
        }),
      )
      .optional()
      .describe(
        "With dryRun: every upgrade that has not ended, what would become of it, and what its customer is told.",
      ),
  })
  .meta({ examples: examples.commandedCampaign });

export const viewPreview = (foreseen: readonly Preview[]) =>
  foreseen.map(({ upgrade: { organisationId, ring, state, appointment }, effect, notices }) => ({
    organisationId,
    ring,
    state,
    effect,
    ...defined({ start: rfc3339(appointment?.start) }),
    notices: viewPreviewedNotices(notices),
  }));
