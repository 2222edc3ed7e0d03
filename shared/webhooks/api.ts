// HTTP bodies of webhooks. No view holds a secret but the answers of create and rotate.

import { defined } from "../kernel/defined.ts";
import { z } from "zod";
import { dateTime, rfc3339 } from "../kernel/rfc3339.ts";
import { DELIVERY_STATUSES, type Delivery } from "./core/delivery.ts";
import { EVENT_TYPES, TEST_EVENT } from "./core/event.ts";
import { WEBHOOK_STATUSES, type Webhook } from "./core/webhook.ts";
import examples from "./examples.json" with { type: "json" };

const eventTypes = z.union([
  z.literal("all"),
  z
    .array(z.enum(EVENT_TYPES))
    .min(1)
    .max(EVENT_TYPES.length)
    .refine((types) => new Set(types).size === types.length, "must not name a type twice"),
]);

export const webhookBody = z
  .strictObject({
    url: z.string().min(1).max(500).describe("https, a public host, port 443, no query."),
    description: z.string().max(200).default(""),
    eventTypes: eventTypes.describe("Which events it gets, or all."),
    status: z
      .enum(WEBHOOK_STATUSES)
      .default("enabled")
      .describe("Enabling a disabled webhook sends what waits for it."),
  })
  .meta({ examples: examples.body });

export const webhookView = z
  .object({
    webhookId: z.string(),
    url: z.string(),
    description: z.string(),
    eventTypes,
    status: z.enum(WEBHOOK_STATUSES),
    disabledBecause: z.string().optional(),
    failedInARow: z.int().describe("Deliveries that failed for good since the last one that arrived; 5 disable it."),
    secretVersion: z.int(),
    previousSecretsSignUntil: dateTime.optional(),
    createdBy: z.string(),
    createdAt: dateTime,
    changedAt: dateTime,
  })
  .meta({ examples: examples.webhook });

export const webhookWithSecretView = webhookView
  .extend({
    secret: z.string().describe("whsec_ and base64 of 32 bytes. Shown this once: keep it."),
  })
  .meta({ examples: examples.withSecret });

export const deliveryView = z
  .object({
    deliveryId: z.string().describe("The header webhook-id, the same over all attempts."),
    webhookId: z.string(),
    eventId: z.string(),
    type: z.enum([...EVENT_TYPES, TEST_EVENT]),
    at: dateTime.describe("When the event happened."),
    status: z.enum(DELIVERY_STATUSES),
    createdAt: dateTime,
    nextAttemptAt: dateTime.optional(),
    endedAt: dateTime.optional(),
    attempts: z
      .array(
        z.object({
          at: dateTime,
          durationMs: z.int(),
          statusCode: z.int().optional(),
          failure: z.string().optional(),
          excerpt: z.string().max(200).optional().describe("Beginning of an answer that was no success."),
        }),
      )
      .describe("The last 20."),
  })
  .meta({ examples: examples.delivery });

export function viewWebhook(webhook: Webhook): z.infer<typeof webhookView> {
  const { webhookId, url, description, eventTypes, status, disabledBecause, secretVersion, retiring } = webhook;
  const until = retiring.length === 0 ? undefined : Math.max(...retiring.map((one) => one.until));
  return {
    webhookId,
    url,
    description,
    eventTypes,
    status: status === "enabled" ? "enabled" : "disabled",
    ...defined({ disabledBecause }),
    failedInARow: webhook.failedInARow.length,
    secretVersion,
    ...defined({ previousSecretsSignUntil: rfc3339(until) }),
    createdBy: webhook.createdBy,
    createdAt: rfc3339(webhook.createdAt),
    changedAt: rfc3339(webhook.changedAt),
  };
}

export function viewDelivery(delivery: Delivery): z.infer<typeof deliveryView> {
  const { deliveryId, webhookId, eventId, type, status, nextAttemptAt, attempts } = delivery;
  return {
    deliveryId,
    webhookId,
    eventId,
    type,
    at: rfc3339(delivery.at),
    status,
    createdAt: rfc3339(delivery.createdAt),
    ...defined({
      nextAttemptAt: rfc3339(status === "pending" ? nextAttemptAt : undefined),
      endedAt: rfc3339(delivery.endedAt),
    }),
    attempts: attempts.map(({ at, ...rest }) => ({ at: rfc3339(at), ...rest })),
  };
}
