// Sends what is due to all endpoints, then lets the ledger forget what is old. Runs every minute; safe to run twice, at
// once and after a crash at any point.
//
//   SW1  Every event reaches every enabled webhook that wants it at least once, or is recorded as failed.
//   SW2  One event at one webhook has one webhook-id, however often it is sent.
//   SW3  An endpoint gets one request at a time, and the events of one upgrade in order (HOLD_MS is the exception).
//   SW4  Nothing is sent to an address that is not public at that moment.

import type { WebhookDeps } from "./deps.ts";
import { MINUTE_MS } from "../kernel/time/durations.ts";
import { describeFailure } from "../kernel/failures.ts";
import { settleConcurrently, valuesOf } from "../kernel/map-concurrently.ts";
import { removeOldDeliveries } from "./remove-old-deliveries.ts";
import { sendToEndpoint, type EndpointRun } from "./send-to-endpoint.ts";
import type { StoredWebhook } from "./store.ts";

export interface DeliveryLimits {
  /** Milliseconds after which no further endpoint is begun. */
  readonly runMs: number;
  /** Milliseconds after which no further attempt at an endpoint is begun. */
  readonly endpointMs: number;
  /** Attempts per endpoint. */
  readonly most: number;
  /** Endpoints at once. */
  readonly atOnce: number;
}

/** A run ends well below the host's time-out of five minutes: 180 s, 45 s for the last endpoint, 15 s for its last attempt. */
export const DELIVERY_LIMITS: DeliveryLimits = { runMs: 180_000, endpointMs: 45_000, most: 500, atOnce: 8 };

export interface DeliveriesRun extends EndpointRun {
  /** Old deliveries. */
  readonly removed: number;
}

/** Throws, after all endpoints had their turn, the first failure of storage. */
export async function sendDueWebhooks(
  deps: WebhookDeps,
  limits: DeliveryLimits = DELIVERY_LIMITS,
): Promise<DeliveriesRun> {
  const startedAt = deps.clock.now();
  const webhooks = fairly(await deps.store.allWebhooks(), Math.floor(startedAt / MINUTE_MS));
  const results = await settleConcurrently(webhooks, limits.atOnce, async (stored) => {
    const now = deps.clock.now();
    if (now >= startedAt + limits.runMs) return NOTHING;
    return serve(deps, stored, { endAt: now + limits.endpointMs, most: limits.most });
  });
  for (const [index, result] of results.entries()) {
    if (result.status === "fulfilled") continue;
    const webhookId = webhooks[index]?.webhook.webhookId;
    deps.log.event("webhook.runFailed", { webhookId, reason: describeFailure(result.reason) });
  }
  return valuesOf(results).reduce(sum, NOTHING);
}

async function serve(
  deps: WebhookDeps,
  stored: StoredWebhook,
  limits: { endAt: number; most: number },
): Promise<DeliveriesRun> {
  const { webhookId, status } = stored.webhook;
  const sent = status === "enabled" ? await sendToEndpoint(deps, webhookId, limits) : NOTHING;
  return { ...sent, removed: await removeOldDeliveries(deps, stored) };
}

const NOTHING: DeliveriesRun = { delivered: 0, failed: 0, postponed: 0, removed: 0 };

const sum = (a: DeliveriesRun, b: DeliveriesRun): DeliveriesRun => ({
  delivered: a.delivered + b.delivered,
  failed: a.failed + b.failed,
  postponed: a.postponed + b.postponed,
  removed: a.removed + b.removed,
});

/** Begins with another one each minute, so that those at the end have their turn also when time runs out. */
function fairly<T>(all: readonly T[], turn: number): readonly T[] {
  const first = all.length === 0 ? 0 : turn % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}
