// HTTP bodies that change campaigns and upgrades. What is answered: views.ts.

import { z } from "zod";
import { dateTime } from "../../kernel/rfc3339.ts";
import { versionSchema } from "../../kernel/version.ts";
import { organisationIdSchema } from "../../kernel/identity.ts";
import { CAMPAIGN_KINDS } from "../core/campaign.ts";
import { ringNameSchema } from "../core/rings.ts";
import examples from "../examples.json" with { type: "json" };

const budget = z.int().min(1).max(10_000);

const ringBody = z.strictObject({
  ring: ringNameSchema,
  organisations: z.array(organisationIdSchema).min(1).max(1000).optional().describe("Exactly these."),
  percent: z.number().min(0.1).max(100).optional().describe("So many of the campaign's organisations."),
  soakHours: z
    .number()
    .min(0)
    .max(720)
    .describe("How long this ring works with the version before the next one opens."),
  failureBudget: budget.optional().describe("How many of this ring may have failed or be under way at any time."),
});

/** Text form of an actor, as `createdBy` and `approvals` show it. */
const actorText = z
  .string()
  .regex(
    /^(?:tool|person):[A-Za-z0-9._@-]{1,100}$/,
    "must be tool:CLIENT-ID or person:USER-ID, as approvals show them",
  );

/** One paragraph for customers: no line breaks, nothing invisible. */
const reasonText = z
  .string()
  .min(10)
  .max(500)
  .regex(
    /^[^\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}]*$/u,
    "must be one paragraph without control or invisible characters",
  )
  .regex(/^\S.*\S$/u, "must not begin or end with a space")
  .regex(/\p{L}/u, "must be a sentence");

export const newCampaignBody = z
  .strictObject({
    kind: z.enum(CAMPAIGN_KINDS).describe("upgrade: announced four weeks ahead. hotfix: at once, with two approvers."),
    version: versionSchema,
    reason: z
      .strictObject({ de: reasonText, en: reasonText })
      .optional()
      .describe("Needed for a hotfix, and only for one: why it cannot wait four weeks, as its customers are told."),
    organisations: z
      .union([z.literal("all"), z.array(organisationIdSchema).min(1).max(10_000)])
      .describe("Organisation ids, or all that are registered and can be upgraded."),
    approvers: z
      .array(actorText)
      .max(20)
      .default([])
      .describe("Who may approve it: at least one for an upgrade, two for a hotfix; never its author."),
    rings: z
      .array(ringBody)
      .min(1)
      .max(10)
      .refine((rings) => new Set(rings.map(({ ring }) => ring)).size === rings.length, "must name each ring once")
      .optional()
      .describe("In the order in which they open; the last one takes whoever is left. Absent: those of the registry."),
    maxInFlight: z.int().min(1).max(1000).optional().describe("How many organisations may be under way at once."),
    failureBudget: budget
      .optional()
      .describe("How many may have failed or be under way at any time; a tenth of them, at least 5, when absent."),
    stampFailureBudget: budget.optional().describe("The same for one stamp; as for the campaign when absent."),
    notBefore: dateTime.optional().describe("No upgrade starts earlier."),
    notAfter: dateTime.optional().describe("No upgrade starts later; refused when that is not possible."),
  })
  .refine(({ notBefore, notAfter }) => !isReversed(notBefore, notAfter), {
    path: ["notAfter"],
    message: "must be after notBefore",
  })
  .refine(({ kind, reason }) => (kind === "hotfix") === (reason !== undefined), {
    path: ["reason"],
    message: "must say in German and English why a hotfix cannot wait (de, en); an upgrade has none",
  })
  .meta({ examples: examples.newCampaign });

/** As instants: they may be written with different offsets. */
const isReversed = (from: string | undefined, to: string | undefined): boolean =>
  from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to);

export type NewCampaignBody = z.output<typeof newCampaignBody>;

export const dryRunQuery = z.strictObject({
  dryRun: z.enum(["true", "false"]).optional().describe("true: answers what would happen, and changes nothing."),
});

const count = z.coerce.number().int().min(1).max(10_000).optional();

export const resumeQuery = dryRunQuery.extend({
  failureBudget: count.describe("A new failure budget of the campaign."),
  stampFailureBudget: count.describe("A new failure budget of every stamp."),
  ringFailureBudget: count.describe("A new failure budget of every ring."),
  openRing: ringNameSchema.optional().describe("Opens this ring although its gate did not."),
});

export const rescheduleBody = z
  .strictObject({
    start: z
      .string()
      .max(20)
      .describe("Start of one of the organisation's maintenance windows, in its wall time, e.g. 2027-04-10T22:00."),
  })
  .meta({ examples: examples.reschedule });
