// All that can be done with webhooks, bound to the outside world once: for the composition root.

import type { Clock } from "../platform/clock/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { Log } from "../platform/telemetry/log.ts";
import type { OutboundPolicy } from "../platform/outbound/address.ts";
import type { ResolveHost } from "../platform/outbound/resolve.ts";
import type { Tables } from "../platform/tables/tables.ts";
import type { RaiseWebhookIncident } from "./change-webhook.ts";
import type { WebhookEvent } from "./core/event.ts";
import { createWebhook } from "./create-webhook.ts";
import type { PostOnce } from "../platform/outbound/post.ts";
import { publishEvent } from "./publish-event.ts";
import { redeliver, testWebhook } from "./redeliver.ts";
import { sendDueWebhooks } from "./send-due-webhooks.ts";
import { deleteWebhook, replaceWebhook, rotateSecret } from "./webhook-commands.ts";
import { webhookStore } from "./store.ts";

export interface WebhookNeeds {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** 32 bytes (secrets.ts: parseMasterKey). */
  readonly masterKey: Uint8Array;
  /** Where webhooks may point. */
  readonly outbound: OutboundPolicy;
  readonly resolve: ResolveHost;
  readonly post: PostOnce;
  readonly raise: RaiseWebhookIncident;
}

/** The parameters after the dependencies. */
type Tail<F extends (first: never, ...rest: never[]) => unknown> = F extends (first: never, ...rest: infer R) => unknown
  ? R
  : never;

export type WebhookVerbs = ReturnType<typeof webhookVerbs>;

export function webhookVerbs(world: WebhookNeeds) {
  const deps = { ...world, store: webhookStore(world.tables, world.log) };
  return {
    store: deps.store,
    publish: (event: WebhookEvent) => publishEvent(deps, event),
    create: (...args: Tail<typeof createWebhook>) => createWebhook(deps, ...args),
    replace: (...args: Tail<typeof replaceWebhook>) => replaceWebhook(deps, ...args),
    remove: (...args: Tail<typeof deleteWebhook>) => deleteWebhook(deps, ...args),
    rotateSecret: (...args: Tail<typeof rotateSecret>) => rotateSecret(deps, ...args),
    sendTest: (...args: Tail<typeof testWebhook>) => testWebhook(deps, ...args),
    redeliver: (...args: Tail<typeof redeliver>) => redeliver(deps, ...args),
    sendDue: (...args: Tail<typeof sendDueWebhooks>) => sendDueWebhooks(deps, ...args),
  };
}
