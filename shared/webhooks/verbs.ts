// All that can be done with webhooks, bound to the adapters once: for the composition root.

import type { WebhookDeps } from "./deps.ts";
import { bind } from "../kernel/bind.ts";
import type { Tables } from "../platform/tables/tables.ts";
import { createWebhook } from "./create-webhook.ts";
import { publishEvent, redeliver, testWebhook } from "./publish-event.ts";
import { sendDueWebhooks } from "./send-due-webhooks.ts";
import { webhookStore } from "./store.ts";
import { deleteWebhook, replaceWebhook, rotateSecret } from "./webhook-commands.ts";

export interface WebhookNeeds extends Omit<WebhookDeps, "store"> {
  readonly tables: Tables;
}

export type WebhookVerbs = ReturnType<typeof webhookVerbs>;

export function webhookVerbs(needs: WebhookNeeds) {
  const deps = { ...needs, store: webhookStore(needs.tables, needs.log) };
  return {
    store: deps.store,
    publish: bind(deps, publishEvent),
    create: bind(deps, createWebhook),
    replace: bind(deps, replaceWebhook),
    remove: bind(deps, deleteWebhook),
    rotateSecret: bind(deps, rotateSecret),
    sendTest: bind(deps, testWebhook),
    redeliver: bind(deps, redeliver),
    sendDue: async () => {
      const run = await sendDueWebhooks(deps);
      needs.log.event("webhooks.sent", { ...run });
      return run;
    },
  };
}
