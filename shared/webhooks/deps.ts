// What use cases of webhooks take, as verbs.ts makes it; each picks what it needs.

import type { RaiseIncident } from "../incidents/core/incident.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { PostOnce } from "../platform/outbound/post.ts";
import type { TargetDeps } from "../platform/outbound/target.ts";
import type { WebhookLog } from "./signals.ts";
import type { WebhookStore } from "./store.ts";

/** `outbound`: where webhooks may point. */
export interface WebhookDeps extends TargetDeps {
  readonly store: WebhookStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: WebhookLog;
  /** 32 bytes (secrets.ts: parseMasterKey). */
  readonly masterKey: Uint8Array;
  readonly post: PostOnce;
  readonly raiseIncident: RaiseIncident;
}
