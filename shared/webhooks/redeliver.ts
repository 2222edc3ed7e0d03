// Sends on request: a delivery once more, or a test.

import { err, ok, type Result } from "../kernel/result.ts";
import { changeRow } from "../platform/tables/change-row.ts";
import type { Ids } from "../platform/ids.ts";
import { redelivered, type Delivery } from "./core/delivery.ts";
import { bodyOf, TEST_EVENT } from "./core/event.ts";
import { freshDelivery } from "./publish-event.ts";
import { sendDelivery, type SendDeliveryDeps } from "./send-delivery.ts";
import type { WebhookStore } from "./store.ts";

export interface RedeliverDeps {
  readonly store: Pick<WebhookStore, "readWebhook" | "readDelivery" | "saveDelivery">;
  readonly clock: SendDeliveryDeps["clock"];
}

export type RedeliverRefusal = { readonly kind: "unknownWebhook" | "unknownDelivery" | "disabled" };

/** Due now, from the start of its schedule, under the same id; the timer sends it within a minute. Repeating is harmless. */
export async function redeliver(
  { store, clock }: RedeliverDeps,
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
      write: store.saveDelivery,
    },
    ({ delivery }) => ok(redelivered(delivery, clock.now())),
  );
  return done.kind === "written" ? ok(done.next) : err({ kind: "unknownDelivery" });
}

export interface TestDeps extends SendDeliveryDeps {
  readonly store: SendDeliveryDeps["store"] & Pick<WebhookStore, "insertDelivery" | "readDelivery" | "takeLease">;
  readonly ids: Ids;
}

export type TestRefusal = { readonly kind: "unknownWebhook" | "busy" };

/** Longer than one attempt and its writes. */
const TEST_LEASE_MS = 45_000;

/**
 * Sends a `webhook.test` event now, once, also to a disabled webhook, and answers how it went. It is in the ledger but does
 * not count for or against the webhook. `busy` while something else is sent to the endpoint or it asked for a pause.
 */
export async function testWebhook(deps: TestDeps, webhookId: string): Promise<Result<Delivery, TestRefusal>> {
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
