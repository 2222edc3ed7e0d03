// One conditional step of a webhook: load, decide, raise the incident that follows, save; again after a lost race.

import { ok } from "../kernel/result.ts";
import { changeRow } from "../platform/tables/change-row.ts";
import type { Webhook } from "./core/webhook.ts";
import type { WebhookStore } from "./store.ts";

export interface WebhookIncident {
  /** The same trouble has the same id: raising it again changes nothing. */
  readonly incidentId: string;
  readonly webhookId: string;
  readonly summary: string;
}
/** Must do nothing when the incident is there already. */
export type RaiseWebhookIncident = (incident: WebhookIncident) => Promise<void>;

export interface ChangeWebhookDeps {
  readonly store: Pick<WebhookStore, "readWebhook" | "replaceWebhook">;
  readonly raise: RaiseWebhookIncident;
}

/**
 * Does nothing when the webhook is gone or the step changes nothing. `cause` is the delivery that leads to the step.
 * Throws TransientFailure when storage cannot be reached.
 */
export async function changeWebhook(
  { store, raise }: ChangeWebhookDeps,
  webhookId: string,
  cause: string,
  step: (webhook: Webhook) => Webhook | undefined,
): Promise<void> {
  await changeRow(
    {
      name: `Webhook ${webhookId}`,
      read: () => store.readWebhook(webhookId),
      write: async ({ webhook, etag }, next: Webhook) => {
        if (webhook.status === "enabled" && next.status === "disabled") {
          // Before the row: when the process dies in between, the step comes again and the incident's id makes it one.
          await raise({
            incidentId: `webhook-disabled:${webhookId}:${cause}`,
            webhookId,
            summary: `Webhook ${webhookId} was disabled: ${next.disabledBecause}. Its events wait; PUT it with status enabled when its endpoint works.`,
          });
        }
        return store.replaceWebhook(next, etag);
      },
    },
    ({ webhook }) => ok(step(webhook)),
  );
}
