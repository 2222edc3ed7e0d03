// All that can be done with webhooks, bound to the adapters once: for the composition root.

import type { RaiseIncident } from "../incidents/core/incident.ts";
import { bind } from "../kernel/bind.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { WebhookLog } from "./signals.ts";
import type { OutboundPolicy } from "../platform/outbound/address.ts";
import type { PostOnce } from "../platform/outbound/post.ts";
import type { ResolveHost } from "../platform/outbound/resolve.ts";
import type { Tables } from "../platform/tables/tables.ts";
import { createWebhook } from "./create-webhook.ts";
import { publishEvent } from "./publish-event.ts";
import { redeliver, testWebhook } from "./redeliver.ts";
import { sendDueWebhooks } from "./send-due-webhooks.ts";
import { webhookStore } from "./store.ts";
import { deleteWebhook, replaceWebhook, rotateSecret } from "./webhook-commands.ts";

export interface WebhookNeeds {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: WebhookLog;
  /** 32 bytes (secrets.ts: parseMasterKey). */
  readonly masterKey: Uint8Array;
  /** Where webhooks may point. */
  readonly outbound: OutboundPolicy;
  readonly resolve: ResolveHost;
  readonly post: PostOnce;
  readonly raiseIncident: RaiseIncident;
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
