// Publishing an event: one delivery for each webhook that wants it, written once however often the event is published.
// Sending is the timer's work (send-due-webhooks.ts), at most a minute later: whoever publishes never waits for an endpoint.

import type { WebhookDeps } from "./deps.ts";
import { defined } from "../kernel/defined.ts";
import { settleConcurrently, valuesOf } from "../kernel/map-concurrently.ts";
import { deterministicId } from "../platform/ids.ts";
import { type Delivery, redelivered } from "./core/delivery.ts";
import { bodyOf, parseEvent, subjectOf, type WebhookEvent, TEST_EVENT } from "./core/event.ts";
import { wants } from "./core/webhook.ts";
import { RETENTION_MS } from "./remove-old-deliveries.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { changeRow } from "../platform/tables/change-row.ts";
import { sendDelivery } from "./send-delivery.ts";

interface Published {
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
export async function publishEvent(
  { store, clock }: Pick<WebhookDeps, "store" | "clock">,
  given: WebhookEvent,
): Promise<Published> {
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
function freshDelivery(
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

// Sends on request: a delivery once more, or a test.

type RedeliverRefusal = { readonly kind: "unknownWebhook" | "unknownDelivery" | "disabled" };

/** Due now, from the start of its schedule, under the same id; the timer sends it within a minute. Repeating is harmless. */
export async function redeliver(
  { store, clock }: Pick<WebhookDeps, "store" | "clock">,
  webhookId: string,
  deliveryId: string,
): Promise<Result<Delivery, RedeliverRefusal>> {
  const webhook = (await store.readWebhook(webhookId))?.webhook;
  if (webhook === undefined || webhook.status === "deleted") return err({ kind: "unknownWebhook" });
  if (webhook.status === "disabled") return err({ kind: "disabled" });
  const done = await changeRow(
    {
      name: `Delivery ${deliveryId}`,
      read: () => store.readDelivery(webhookId, deliveryId),
      write: (stored, next: Delivery) => store.saveDelivery(stored, next),
    },
    ({ delivery }) => ok(redelivered(delivery, clock.now())),
  );
  return done.kind === "written" ? ok(done.next) : err({ kind: "unknownDelivery" });
}

type TestRefusal = { readonly kind: "unknownWebhook" | "busy" };

/** Longer than one attempt and its writes. */
const TEST_LEASE_MS = 45_000;

/**
 * Sends a `webhook.test` event now, once, also to a disabled webhook, and answers how it went. It is in the ledger but does
 * not count for or against the webhook. `busy` while something else is sent to the endpoint or it asked for a pause.
 */
export async function testWebhook(deps: WebhookDeps, webhookId: string): Promise<Result<Delivery, TestRefusal>> {
  const webhook = (await deps.store.readWebhook(webhookId))?.webhook;
  if (webhook === undefined || webhook.status === "deleted") return err({ kind: "unknownWebhook" });
  const now = deps.clock.now();
  const release = await deps.store.takeLease(webhookId, now, now + TEST_LEASE_MS);
  if (release === undefined) return err({ kind: "busy" });
  try {
    const event = { eventId: `test:${deps.ids.next()}`, type: TEST_EVENT, at: now, data: { webhookId } } as const;
    const delivery = freshDelivery({ ...event, body: bodyOf(event), webhookId, now });
    await deps.store.insertDelivery(delivery);
    const stored = await deps.store.readDelivery(webhookId, delivery.deliveryId);
    // Only a deletion that is clearing up can have taken it.
    if (stored === undefined) return err({ kind: "unknownWebhook" });
    return ok((await sendDelivery(deps, webhook, stored)).delivery);
  } finally {
    await release(0);
  }
}
