// What the system tells the outside: events of campaigns and upgrades, and the body that carries them (Standard Webhooks
// 1.0: type, timestamp, data; below 20 kB).

import { z } from "zod";
import { PermanentFailure } from "../../kernel/failures.ts";
import { rfc3339 } from "../../kernel/rfc3339.ts";

export const EVENT_TYPES = [
  "campaign.announcing",
  "campaign.started",
  "campaign.paused",
  "campaign.completed",
  "campaign.aborted",
  "upgrade.scheduled",
  "upgrade.started",
  "upgrade.rollingBack",
  "upgrade.succeeded",
  "upgrade.rolledBack",
  "upgrade.needsHuman",
  "upgrade.skipped",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Sent only when an operator asks for it; no subscription names it. */
export const TEST_EVENT = "webhook.test";

export const MAX_BODY_BYTES = 20_000;
const NAME = /^[a-zA-Z][a-zA-Z0-9]{0,49}$/;

export const eventSchema = z.strictObject({
  /** Deterministic, e.g. of campaign, organisation and sequence: the same event has the same id for ever. */
  eventId: z.string().min(1).max(200),
  type: z.enum(EVENT_TYPES),
  /** When it happened, milliseconds since the epoch. */
  at: z.int().min(0).max(9_999_999_999_999),
  /** Flat. `campaignId` and `organisationId`, when there, say what the event belongs to: those are kept in order. */
  data: z
    .record(z.string(), z.union([z.string(), z.number()], "must be a text or a finite number"))
    .refine(
      (data) => Object.keys(data).every((name) => NAME.test(name)),
      "each name must have 1 to 50 letters and digits",
    ),
});
export type WebhookEvent = Readonly<z.infer<typeof eventSchema>>;

/** Throws PermanentFailure when the body would be too large. */
export function bodyOf(event: Omit<WebhookEvent, "type"> & { readonly type: EventType | typeof TEST_EVENT }): string {
  const { type, at, data } = event;
  const body = JSON.stringify({ type, timestamp: rfc3339(at), data });
  const bytes = new TextEncoder().encode(body).length;
  if (bytes < MAX_BODY_BYTES) return body;
  throw new PermanentFailure(
    `Event ${event.eventId} takes ${bytes} bytes, a webhook carries less than ${MAX_BODY_BYTES}. Shorten its data.`,
  );
}

/** What the event belongs to: an upgrade or a campaign. Events of one subject are sent in order. */
export function subjectOf({ data }: Pick<WebhookEvent, "data">): string | undefined {
  const { campaignId, organisationId } = data;
  if (campaignId === undefined) return undefined;
  return JSON.stringify([campaignId, ...(organisationId === undefined ? [] : [organisationId])]);
}

/** Throws PermanentFailure, naming every field that is wrong. */
export function parseEvent(event: WebhookEvent): WebhookEvent {
  const parsed = eventSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new PermanentFailure(`The event cannot be published: ${z.prettifyError(parsed.error)}`);
}
