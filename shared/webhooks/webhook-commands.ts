// What the owner of a webhook does with it: replace, delete, rotate its secret.

import type { WebhookDeps } from "./deps.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { changeRow } from "../platform/tables/change-row.ts";
import { configured, deleted, rotated, type Webhook, type WebhookConfig } from "./core/webhook.ts";
import { withSecret, type WithSecret } from "./create-webhook.ts";
import type { StoredWebhook } from "./store.ts";
import { addressProblem } from "../platform/outbound/target.ts";

export type WebhookCommandRefusal =
  | { readonly kind: "unknownWebhook" | "changedMeanwhile" | "rotatedTooOften" }
  | { readonly kind: "badAddress"; readonly reason: string };

/** `ifMatch`: the etag the caller saw, or `*`. Enabling a webhook forgives its failures; what waits for it is sent. */
export async function replaceWebhook(
  deps: WebhookDeps,
  webhookId: string,
  config: WebhookConfig,
  ifMatch: string,
): Promise<Result<StoredWebhook, WebhookCommandRefusal>> {
  const reason = await addressProblem(deps, config.url);
  if (reason !== undefined) return err({ kind: "badAddress", reason });
  return change(deps, webhookId, ifMatch, (webhook) => ok(configured(webhook, config, deps.clock.now())));
}

/** Nothing is sent from now on; the timer removes its deliveries, then the webhook itself. */
export const deleteWebhook = (
  deps: WebhookDeps,
  webhookId: string,
  ifMatch: string,
): Promise<Result<StoredWebhook, WebhookCommandRefusal>> =>
  change(deps, webhookId, ifMatch, (webhook) => ok(deleted(webhook, deps.clock.now())));

/** The answer shows the new secret, this once; if it is lost, rotate again: all secrets of the last 24 hours sign. */
export async function rotateSecret(
  deps: WebhookDeps,
  webhookId: string,
  ifMatch = "*",
): Promise<Result<WithSecret, WebhookCommandRefusal>> {
  const done = await change(deps, webhookId, ifMatch, (webhook) => rotated(webhook, deps.clock.now()));
  return done.ok ? ok(withSecret(deps, done.value)) : done;
}

async function change(
  { store }: WebhookDeps,
  webhookId: string,
  ifMatch: string,
  step: (webhook: Webhook) => Result<Webhook, WebhookCommandRefusal>,
): Promise<Result<StoredWebhook, WebhookCommandRefusal>> {
  const done = await changeRow(
    {
      name: `Webhook ${webhookId}`,
      read: () => store.readWebhook(webhookId),
      write: ({ etag }, next: Webhook) => store.replaceWebhook(next, etag),
    },
    ({ webhook, etag }): Result<Webhook, WebhookCommandRefusal> => {
      if (webhook.status === "deleted") return err({ kind: "unknownWebhook" });
      if (ifMatch !== "*" && ifMatch !== etag) return err({ kind: "changedMeanwhile" });
      return step(webhook);
    },
  );
  switch (done.kind) {
    case "written":
      return ok({ webhook: done.next, etag: done.etag });
    case "unchanged":
      return ok(done.stored);
    case "absent":
      return err({ kind: "unknownWebhook" });
    case "refused":
      return err(done.refusal);
  }
}
