// One event on its way to one webhook: what becomes of an attempt, and when the next one is.

import { z } from "zod";
import { bucketOf } from "../../kernel/bucket.ts";
import { EVENT_TYPES, TEST_EVENT } from "./event.ts";
import { webhookIdSchema } from "./webhook.ts";

export const deliveryIdSchema = z
  .string()
  .regex(/^msg_[0-9a-f]{32}$/, "must be the id of a delivery, such as msg_… with 32 hex digits");

export const attemptSchema = z.object({
  at: z.int(),
  durationMs: z.int(),
  /** Absent when no answer came. */
  statusCode: z.int().optional(),
  /** Why it did not arrive. */
  failure: z.string().optional(),
  /** Beginning of an answer that was no success, at most 200 characters. */
  excerpt: z.string().optional(),
});
export type Attempt = Readonly<z.infer<typeof attemptSchema>>;

export const DELIVERY_STATUSES = ["pending", "delivered", "failed"] as const;

export const deliverySchema = z.strictObject({
  /** Also the header `webhook-id`: the same over all attempts. */
  deliveryId: deliveryIdSchema,
  webhookId: webhookIdSchema,
  eventId: z.string(),
  type: z.enum([...EVENT_TYPES, TEST_EVENT]),
  /** When the event happened. */
  at: z.int(),
  /** What it belongs to (event.ts). */
  subject: z.string().optional(),
  /** As it is sent, each time the same. */
  body: z.string(),
  createdAt: z.int(),
  status: z.enum(DELIVERY_STATUSES),
  /** Attempts since it was published or redelivered. */
  round: z.int(),
  /** The last 20. */
  attempts: z.array(attemptSchema),
  /** Of a pending one. */
  nextAttemptAt: z.int(),
  endedAt: z.int().optional(),
});
export type Delivery = Readonly<z.infer<typeof deliverySchema>>;

const SECOND = 1000;
const HOUR = 3600 * SECOND;
/** Pauses after the first, second ... attempt (Standard Webhooks 1.0: over several days); ten attempts in all. */
export const PAUSES_MS: readonly number[] = [
  5 * SECOND,
  300 * SECOND,
  1800 * SECOND,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** So long does an event wait for an earlier one of its upgrade that does not get through; then it goes ahead of it. */
export const HOLD_MS = HOUR / 2;
/** A longer wait than this is no sensible answer of an endpoint. */
export const LONGEST_RETRY_PAUSE_MS = HOUR;
const MAX_ATTEMPTS_KEPT = 20;

/**
 * How an attempt ended. `refused`: the endpoint works but does not take this event; `down`: it gave no usable answer, so
 * that others will fare the same.
 */
export type Outcome =
  | { readonly kind: "delivered" | "gone" | "refused"; readonly attempt: Attempt }
  | { readonly kind: "down"; readonly attempt: Attempt; readonly retryAfterMs?: number };

/** The delivery after an attempt that ended at `now`. */
export function attempted(delivery: Delivery, outcome: Outcome, now: number): Delivery {
  const round = delivery.round + 1;
  const attempts = [...delivery.attempts, outcome.attempt].slice(-MAX_ATTEMPTS_KEPT);
  const tried = { ...delivery, round, attempts };
  if (outcome.kind === "delivered") return { ...tried, status: "delivered", endedAt: now };
  const pause = delivery.type === TEST_EVENT ? undefined : PAUSES_MS[round - 1];
  if (outcome.kind === "gone" || pause === undefined) return { ...tried, status: "failed", endedAt: now };
  const asked = outcome.kind === "down" ? (outcome.retryAfterMs ?? 0) : 0;
  const wait = Math.max(jittered(pause, delivery.deliveryId, round), Math.min(asked, LONGEST_RETRY_PAUSE_MS));
  return { ...tried, nextAttemptAt: now + wait };
}

/** To be sent again from the start, under the same id. */
export function redelivered({ endedAt: _, ...delivery }: Delivery, now: number): Delivery {
  return { ...delivery, status: "pending", round: 0, nextAttemptAt: now };
}

/** Nine to eleven tenths of the pause, spread over the deliveries, so that those of one outage do not all come at once. */
function jittered(pauseMs: number, deliveryId: string, round: number): number {
  return Math.round(pauseMs * (0.9 + bucketOf(JSON.stringify([deliveryId, round]), 2001) / 10_000));
}
