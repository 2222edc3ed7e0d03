// Tells all webhooks that want it about an event: one delivery each, written once however often the event is published.
// Sending is the timer's work (send-due-webhooks.ts), at most a minute later: whoever publishes never waits for an endpoint.

import { defined } from "../kernel/defined.ts";
import { settleConcurrently, valuesOf } from "../kernel/map-concurrently.ts";
import { deterministicId } from "../platform/deterministic-id.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { Delivery } from "./core/delivery.ts";
import { bodyOf, parseEvent, subjectOf, type WebhookEvent } from "./core/event.ts";
import { wants } from "./core/webhook.ts";
import { RETENTION_MS } from "./remove-old-deliveries.ts";
import type { WebhookStore } from "./store.ts";

export interface PublishDeps {
  readonly store: Pick<WebhookStore, "allWebhooks" | "insertDelivery">;
  readonly clock: Clock;
}

export interface Published {
  /** Deliveries written now, and those that were there. */
  readonly fresh: number;
  readonly known: number;
}

const WRITES_AT_ONCE = 8;

/**
 * Safe to repeat after any failure. An event older than the ledger's memory (30 days) is not published: nobody could tell
 * whether it was before. Throws PermanentFailure for an event that is not valid (nothing is written), TransientFailure
 * when storage cannot be reached.
 */
export async function publishEvent({ store, clock }: PublishDeps, given: WebhookEvent): Promise<Published> {
  const event = parseEvent(given);
  const body = bodyOf(event);
  const now = clock.now();
  if (event.at < now - RETENTION_MS) return { fresh: 0, known: 0 };
  const all = await store.allWebhooks();
  const wanting = all.filter(({ webhook }) => wants(webhook, event.type, event.at));
  const written = await settleConcurrently(wanting, WRITES_AT_ONCE, ({ webhook }) =>
    store.insertDelivery(freshDelivery({ ...event, body, webhookId: webhook.webhookId, now })),
  );
  const fresh = valuesOf(written).filter((kind) => kind === "written").length;
  return { fresh, known: wanting.length - fresh };
}

/** The delivery of an event to a webhook; its id follows from both. */
export function freshDelivery(
  about: Pick<WebhookEvent, "eventId" | "at" | "data"> &
    Pick<Delivery, "type" | "body" | "webhookId"> & { readonly now: number },
): Delivery {
  const { eventId, type, at, body, webhookId, now } = about;
  const subject = subjectOf(about);
  const id = deterministicId(JSON.stringify(["webhook-delivery", webhookId, eventId]));
  return {
    deliveryId: `msg_${id.replaceAll("-", "")}`,
    webhookId,
    eventId,
    type,
    at,
    ...defined({ subject }),
    body,
    createdAt: now,
    status: "pending",
    round: 0,
    attempts: [],
    nextAttemptAt: now,
  };
}
