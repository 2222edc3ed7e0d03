// Sends what is due to one endpoint: one request at a time, in the order of the events.

import type { WebhookDeps } from "./deps.ts";
import { HOLD_MS } from "./core/delivery.ts";
import { sendDelivery } from "./send-delivery.ts";
import type { QueuedDelivery } from "./store.ts";

export interface EndpointLimits {
  /** Milliseconds since the epoch after which no further attempt is begun. */
  readonly endAt: number;
  /** Attempts. */
  readonly most: number;
}

export interface EndpointRun {
  readonly delivered: number;
  /** Given up for good. */
  readonly failed: number;
  /** To be tried again. */
  readonly postponed: number;
}

type Sent = Awaited<ReturnType<typeof sendDelivery>>;

/** Longer than the time of one run (45 s) and of its last attempt (15 s), with room for slow storage. */
export const LEASE_MS = 120_000;
/** Queue entries looked at in one run; bounds its time when tens of thousands wait for an endpoint that is down. */
const MOST_LOOKED_AT = 10_000;
/** After so many attempts in a row without a usable answer the rest waits for the next run. */
const MAX_DOWN_IN_A_ROW = 3;

/** Does nothing while another process sends to the endpoint. Throws TransientFailure when storage cannot be reached. */
export async function sendToEndpoint(
  deps: WebhookDeps,
  webhookId: string,
  limits: EndpointLimits,
): Promise<EndpointRun> {
  const { store, clock } = deps;
  const sent: Sent[] = [];
  const order = holding();
  let lookedAt = 0;
  let release: Awaited<ReturnType<typeof store.takeLease>>;
  let pauseUntil = 0;
  try {
    for await (const entry of store.queued(webhookId)) {
      const now = clock.now();
      lookedAt += 1;
      if (lookedAt > MOST_LOOKED_AT || now >= limits.endAt || sent.length >= limits.most) break;
      if (order.mustWait(entry, now)) continue;
      release ??= await store.takeLease(webhookId, now, now + LEASE_MS);
      if (release === undefined) break;
      const one = await sendEntry(deps, webhookId, entry);
      if (one === "stopped") break;
      if (one === "changed") continue;
      sent.push(one);
      const { outcome, delivery } = one;
      if (delivery.status === "pending") order.waits(entry);
      if (outcome.kind === "down" && outcome.retryAfterMs !== undefined) {
        pauseUntil = clock.now() + outcome.retryAfterMs;
        break;
      }
      if (isDown(sent)) break;
    }
  } finally {
    await release?.(pauseUntil);
  }
  return summary(sent);
}

/** Keeps later events of an upgrade behind an earlier one that has to wait, for a while. */
function holding() {
  const waiting = new Set<string>();
  const waits = ({ subject }: QueuedDelivery): void => void (subject === undefined || waiting.add(subject));
  return {
    waits,
    mustWait(entry: QueuedDelivery, now: number): boolean {
      const { subject, createdAt, nextAttemptAt } = entry;
      const isHeld = subject !== undefined && waiting.has(subject) && now - createdAt < HOLD_MS;
      if (nextAttemptAt > now) waits(entry);
      return isHeld || nextAttemptAt > now;
    },
  };
}

async function sendEntry(
  deps: WebhookDeps,
  webhookId: string,
  entry: QueuedDelivery,
): Promise<Sent | "stopped" | "changed"> {
  // Read anew each time: the owner may have changed the address, disabled or deleted the webhook meanwhile.
  const [stored, current] = await Promise.all([
    deps.store.readQueued(webhookId, entry),
    deps.store.readWebhook(webhookId),
  ]);
  if (current?.webhook.status !== "enabled") return "stopped";
  if (stored?.delivery.status !== "pending" || stored.delivery.nextAttemptAt !== entry.nextAttemptAt) return "changed";
  return sendDelivery(deps, current.webhook, stored);
}

const isDown = (sent: readonly Sent[]): boolean =>
  sent.length >= MAX_DOWN_IN_A_ROW && sent.slice(-MAX_DOWN_IN_A_ROW).every(({ outcome }) => outcome.kind === "down");

function summary(sent: readonly Sent[]): EndpointRun {
  const count = (status: Sent["delivery"]["status"]): number =>
    sent.filter(({ delivery }) => delivery.status === status).length;
  return { delivered: count("delivered"), failed: count("failed"), postponed: count("pending") };
}
