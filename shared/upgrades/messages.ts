// Messages of the queues `upgrade-steps` (session = organisation) and `campaign-ticks` (session = campaign). Names differ
// from the trigger's metadata on purpose: the host would overwrite those from the body.

import { MINUTE_MS } from "../kernel/time/durations.ts";
import { z } from "zod";
import { againSlot, type AgainGrid } from "../platform/bus/retry-slot.ts";
import type { OutgoingMessage } from "../platform/bus/bus.ts";
import { upgradeSchema, type Upgrade } from "./core/upgrade.ts";
import { operationId, type Poll } from "./core/step.ts";
import type { Campaign } from "./core/campaign.ts";
import type { StoredUpgrade } from "./store/rows.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "./resources.ts";

export const wakeSchema = z.object({
  campaignId: z.string().max(100),
  organisationId: z.string().max(100),
  /** The step has begun before: ask how it stands. */
  poll: z.boolean(),
  /** The row as the sender wrote it: saves a read at the first delivery. A stale one loses at the first save. */
  snapshot: z.object({ etag: z.string(), upgrade: upgradeSchema }).optional(),
});
export type Wake = Readonly<z.infer<typeof wakeSchema>>;

export const tickSchema = z.object({ campaignId: z.string().max(100) });
export type Tick = Readonly<z.infer<typeof tickSchema>>;

/** The step and when it was entered: a step that is entered again, because the storage lost its latest writes, is a new one. */
const stepId = (upgrade: Upgrade): string => `${operationId(upgrade)}:${upgrade.enteredAt}`;

/** Whoever sends it: a timer that wakes the campaign must not become the root of its trace. */
const traceOf = ({ traceparent }: Pick<Campaign, "traceparent">) => (traceparent === undefined ? {} : { traceparent });

/** Begins the present step of an upgrade whose row has just been written. */
export function beginMessage({ upgrade, etag }: StoredUpgrade): OutgoingMessage {
  const body: Wake = {
    campaignId: upgrade.campaignId,
    organisationId: upgrade.organisationId,
    poll: false,
    snapshot: { etag, upgrade },
  };
  return { body, messageId: stepId(upgrade), sessionId: upgrade.organisationId, ...traceOf(upgrade) };
}

/** Asks again how the present step stands. */
export function pollMessage(upgrade: Upgrade, poll: Poll): OutgoingMessage {
  const body: Wake = { campaignId: upgrade.campaignId, organisationId: upgrade.organisationId, poll: true };
  return {
    body,
    messageId: `${stepId(upgrade)}:${poll.slot}`,
    sessionId: upgrade.organisationId,
    scheduledAt: poll.at,
    ...traceOf(upgrade),
  };
}

/**
 * The campaign's coordinator looks again at the first slot of its grid at or after `at`; chains that split meet there. The
 * grid is the same for the whole life of the campaign: the queue would take a slot of another one for a duplicate.
 */
export function tickMessage(campaign: Campaign, at: number, everyMs: number): OutgoingMessage {
  const start = campaign.createdAt;
  // Before its own beginning: it was created by a clock that was ahead, and does not wait for that moment.
  const slot = at < start ? Math.floor((at - start) / everyMs) : Math.max(1, Math.ceil((at - start) / everyMs));
  return {
    body: { campaignId: campaign.campaignId },
    messageId: `${campaign.campaignId}:tick:${slot}`,
    sessionId: campaign.campaignId,
    scheduledAt: start + slot * everyMs,
    ...traceOf(campaign),
  };
}

/**
 * Messages that fail are sent again on a grid, so that several of one session become one: however often each is delivered,
 * a part of the grid brings one message. An upgrade that waits leaves an organisation offline; a look at a campaign may take
 * longer than five seconds, and upgrades that end wake the coordinator anyway.
 */
const AGAIN = {
  [UPGRADE_QUEUE]: { gridMs: 5000, longestMs: 5 * MINUTE_MS },
  [CAMPAIGN_QUEUE]: { gridMs: MINUTE_MS, leastMs: 5000, longestMs: 5 * MINUTE_MS },
} as const satisfies Record<string, AgainGrid>;

/** The same message later, after a transient failure; asked for twice within the same part of the grid it is sent once. */
export function retryMessage(
  queue: keyof typeof AGAIN,
  body: object,
  session: string,
  now: number,
  retryAfterMs?: number,
): OutgoingMessage {
  const { slot, at } = againSlot(AGAIN[queue], now, retryAfterMs);
  return { body, messageId: `${session}:again:${slot}`, sessionId: session, scheduledAt: at };
}
