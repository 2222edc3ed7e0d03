// The ledger forgets: deliveries of events older than 30 days, and everything of a webhook that is deleted.

import type { WebhookDeps } from "./deps.ts";
import { DAY_MS, HOUR_MS } from "../kernel/time/durations.ts";
import { mapConcurrently } from "../kernel/map-concurrently.ts";
import type { StoredDelivery, StoredWebhook } from "./store.ts";

export const RETENTION_MS = 30 * DAY_MS;
/** One that is still pending (its webhook is disabled, or it was redelivered late) gets another week. */
const PENDING_RETENTION_MS = 37 * DAY_MS;
/** An event that was being published while its webhook was deleted has arrived by then. */
const AFTER_DELETION_MS = HOUR_MS;
const MOST_PER_RUN = 100;
const AT_ONCE = 4;

/** Removes some, at most 100; the next run goes on. The answer is their number. */
export async function removeOldDeliveries(
  { store, clock }: Pick<WebhookDeps, "store" | "clock">,
  stored: StoredWebhook,
): Promise<number> {
  const { webhookId, status, changedAt } = stored.webhook;
  const now = clock.now();
  const isDeleted = status === "deleted";
  const old = await store.olderThan(webhookId, isDeleted ? Infinity : now - RETENTION_MS, MOST_PER_RUN);
  const due = old.filter((one) => isDeleted || isOver(one, now));
  await mapConcurrently(due, AT_ONCE, (one) => store.removeDelivery(one));
  if (isDeleted && old.length === 0 && now > changedAt + AFTER_DELETION_MS) {
    await store.removeLease(webhookId);
    await store.removeWebhook(stored);
  }
  return due.length;
}

const isOver = ({ delivery: { status, at } }: StoredDelivery, now: number): boolean =>
  status !== "pending" || at < now - PENDING_RETENTION_MS;
