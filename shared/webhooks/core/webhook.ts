// A webhook: one subscription to events, and how it changes. It holds no secret: those are derived (secrets.ts).

import { defined } from "../../kernel/defined.ts";
import { DAY_MS } from "../../kernel/time/durations.ts";
import { z } from "zod";
import { err, ok, type Result } from "../../kernel/result.ts";
import { EVENT_TYPES, type EventType } from "./event.ts";

export const webhookIdSchema = z
  .string()
  .regex(/^wh-[0-9a-f]{16}$/, "must be the id of a webhook, such as wh-0123456789abcdef");

export const WEBHOOK_STATUSES = ["enabled", "disabled"] as const;

export const webhookSchema = z.strictObject({
  webhookId: webhookIdSchema,
  url: z.string(),
  description: z.string(),
  eventTypes: z.union([z.literal("all"), z.array(z.enum(EVENT_TYPES))]),
  /** `deleted`: its deliveries are being removed, then the row goes too. */
  status: z.enum([...WEBHOOK_STATUSES, "deleted"]),
  /** Why it was disabled by the system. */
  disabledBecause: z.string().optional(),
  /** Not secret: makes the secrets of two webhooks with the same id different. */
  salt: z.string(),
  secretVersion: z.int().min(1),
  /** Older secrets that sign as well until then. */
  retiring: z.array(z.object({ version: z.int(), until: z.int() })),
  /** Deliveries that failed for good since the last one that arrived. */
  failedInARow: z.array(z.string()),
  createdBy: z.string(),
  createdAt: z.int(),
  changedAt: z.int(),
});
export type Webhook = Readonly<z.infer<typeof webhookSchema>>;

/** What its owner decides. */
export type WebhookConfig = Pick<Webhook, "url" | "description" | "eventTypes"> & {
  readonly status: (typeof WEBHOOK_STATUSES)[number];
};

/** After so many deliveries that failed for good, one after the other, a webhook is disabled. */
export const MAX_FAILED_IN_A_ROW = 5;
/** Both secrets sign for so long after a rotation. */
export const ROTATION_MS = DAY_MS;
const MAX_RETIRING = 5;

/** Whether it gets events of this type that happened then: not those from before it was made. */
export const wants = ({ status, eventTypes, createdAt }: Webhook, type: EventType, at: number): boolean =>
  status === "enabled" && at >= createdAt && (eventTypes === "all" || eventTypes.includes(type));

/** The webhook as its owner wants it; enabling it forgives what failed. */
export function configured(webhook: Webhook, config: WebhookConfig, now: number): Webhook {
  const { disabledBecause: _, ...rest } = webhook;
  const isForgiven = config.status === "enabled" && webhook.status !== "enabled";
  const reason = config.status === "disabled" ? webhook.disabledBecause : undefined;
  return {
    ...rest,
    ...config,
    ...defined({ disabledBecause: reason }),
    ...(isForgiven ? { failedInARow: [] } : {}),
    changedAt: now,
  };
}

export const deleted = (webhook: Webhook, now: number): Webhook => ({ ...webhook, status: "deleted", changedAt: now });

/** A new secret; the present one signs as well for 24 hours. Refused after five rotations within that time. */
export function rotated(webhook: Webhook, now: number): Result<Webhook, { readonly kind: "rotatedTooOften" }> {
  const retiring = webhook.retiring.filter(({ until }) => until > now);
  if (retiring.length >= MAX_RETIRING) return err({ kind: "rotatedTooOften" });
  return ok({
    ...webhook,
    secretVersion: webhook.secretVersion + 1,
    retiring: [...retiring, { version: webhook.secretVersion, until: now + ROTATION_MS }],
    changedAt: now,
  });
}

/** Versions of the secrets that sign now, newest first. */
export const signingVersions = ({ secretVersion, retiring }: Webhook, now: number): readonly number[] => [
  secretVersion,
  ...retiring
    .filter(({ until }) => until > now)
    .map(({ version }) => version)
    .toReversed(),
];

/** A delivery arrived: undefined when that changes nothing. */
export const recovered = (webhook: Webhook): Webhook | undefined =>
  webhook.failedInARow.length === 0 ? undefined : { ...webhook, failedInARow: [] };

/** A delivery failed for good: counted once, however often this is said. Undefined when that changes nothing. */
export function countedFailure(webhook: Webhook, deliveryId: string, now: number): Webhook | undefined {
  if (webhook.status !== "enabled" || webhook.failedInARow.includes(deliveryId)) return undefined;
  const failedInARow = [...webhook.failedInARow, deliveryId];
  if (failedInARow.length < MAX_FAILED_IN_A_ROW) return { ...webhook, failedInARow };
  return disabled({ ...webhook, failedInARow }, `${failedInARow.length} deliveries in a row failed`, now);
}

/** The endpoint answered 410 Gone. Undefined when that changes nothing. */
export const gone = (webhook: Webhook, now: number): Webhook | undefined =>
  webhook.status === "enabled" ? disabled(webhook, "the endpoint answered 410 Gone", now) : undefined;

const disabled = (webhook: Webhook, disabledBecause: string, now: number): Webhook => ({
  ...webhook,
  status: "disabled",
  disabledBecause,
  changedAt: now,
});
