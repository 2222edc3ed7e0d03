// One conditional step of a webhook: load, decide, raise the incident that follows, save; again after a lost race.

import type { NewIncident, RaiseIncident } from "../incidents/core/incident.ts";
import { ok } from "../kernel/result.ts";
import { changeRow } from "../platform/tables/change-row.ts";
import type { Webhook } from "./core/webhook.ts";
import type { WebhookStore } from "./store.ts";

export interface ChangeWebhookDeps {
  readonly store: Pick<WebhookStore, "readWebhook" | "replaceWebhook">;
  readonly raiseIncident: RaiseIncident;
}

/**
 * Does nothing when the webhook is gone or the step changes nothing. `cause` is the delivery that leads to the step.
 * Throws TransientFailure when storage cannot be reached.
 */
export async function changeWebhook(
  { store, raiseIncident }: ChangeWebhookDeps,
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
          await raiseIncident(disabledIncident(next, cause));
        }
        return store.replaceWebhook(next, etag);
      },
    },
    ({ webhook }) => ok(step(webhook)),
  );
}

const disabledIncident = ({ webhookId, disabledBecause }: Webhook, cause: string): NewIncident => ({
  incidentId: `webhook-disabled:${webhookId}:${cause}`,
  severity: 2,
  kind: "webhook.disabled",
  title: `Webhook ${webhookId} is switched off`,
  detail: `Webhook ${webhookId} was disabled: ${disabledBecause}. Its events wait; PUT it with status enabled when its endpoint works.`,
  subject: {},
});
