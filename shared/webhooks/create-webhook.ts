// Makes a webhook and shows its secret, this once.

import type { WebhookDeps } from "./deps.ts";
import { DAY_MS } from "../kernel/time/durations.ts";
import { actorId, type Actor } from "../kernel/actor.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { deterministicId } from "../platform/ids.ts";
import type { Webhook, WebhookConfig } from "./core/webhook.ts";
import { signingSecretOf } from "./secrets.ts";
import type { StoredWebhook } from "./store.ts";
import { addressProblem } from "../platform/outbound/target.ts";
import { part } from "../kernel/text.ts";

export type CreateRefusal =
  | { readonly kind: "badAddress"; readonly reason: string }
  | { readonly kind: "tooMany"; readonly most: number }
  /** The idempotency key came before with another request, or too long ago. */
  | { readonly kind: "differentRequest" };

export type WithSecret = StoredWebhook & { readonly secret: string };

/** Bounds what publishing an event costs. Two at the same moment may pass it by one. */
export const MAX_WEBHOOKS = 50;
/** So long does the same request with the same idempotency key get the same answer, secret included. */
const REPEATABLE_MS = DAY_MS;

/** Throws TransientFailure when storage cannot be reached. */
export async function createWebhook(
  deps: WebhookDeps,
  config: WebhookConfig,
  actor: Actor,
  idempotencyKey?: string,
): Promise<Result<WithSecret, CreateRefusal>> {
  const webhook = freshWebhook(deps, config, actor, idempotencyKey);
  const before = idempotencyKey === undefined ? undefined : await deps.store.readWebhook(webhook.webhookId);
  if (before !== undefined) return again(deps, before, webhook);
  const reason = await addressProblem(deps, config.url);
  if (reason !== undefined) return err({ kind: "badAddress", reason });
  if ((await deps.store.allWebhooks()).length >= MAX_WEBHOOKS) return err({ kind: "tooMany", most: MAX_WEBHOOKS });
  const written = await deps.store.insertWebhook(webhook);
  if (written.kind === "written") return ok(withSecret(deps, { webhook, etag: written.etag }));
  const winner = await deps.store.readWebhook(webhook.webhookId);
  return winner === undefined ? err({ kind: "differentRequest" }) : again(deps, winner, webhook);
}

export const withSecret = ({ masterKey }: Pick<WebhookDeps, "masterKey">, stored: StoredWebhook): WithSecret => ({
  ...stored,
  secret: signingSecretOf(masterKey, stored.webhook, stored.webhook.secretVersion),
});

function freshWebhook({ ids, clock }: WebhookDeps, config: WebhookConfig, actor: Actor, key?: string): Webhook {
  const createdBy = actorId(actor);
  const id = key === undefined ? ids.next() : deterministicId(JSON.stringify(["webhook", createdBy, key]));
  const now = clock.now();
  return {
    webhookId: `wh-${part(id.replaceAll("-", ""), 0, 16)}`,
    ...config,
    salt: ids.next(),
    secretVersion: 1,
    retiring: [],
    failedInARow: [],
    createdBy,
    createdAt: now,
    changedAt: now,
  };
}

/** The same request again: its first answer, with the secret, may have been lost. */
function again(deps: WebhookDeps, stored: StoredWebhook, asked: Webhook): Result<WithSecret, CreateRefusal> {
  const text = ({ url, description, eventTypes, status, createdBy, secretVersion }: Webhook): string =>
    JSON.stringify([url, description, eventTypes, status, createdBy, secretVersion]);
  const isSame = text(stored.webhook) === text(asked);
  if (isSame && asked.createdAt - stored.webhook.createdAt < REPEATABLE_MS) return ok(withSecret(deps, stored));
  return err({ kind: "differentRequest" });
}
