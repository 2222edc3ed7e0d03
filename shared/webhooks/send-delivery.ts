// One attempt to deliver one event: check the address, sign, post, judge the answer, record.

import type { WebhookDeps } from "./deps.ts";
import { defined } from "../kernel/defined.ts";
import { describeFailure, TransientFailure } from "../kernel/failures.ts";
import { withDeadline } from "../platform/deadline.ts";
import { retryAfterMsOf } from "../platform/http-client/http-failures.ts";
import { attempted, LONGEST_RETRY_PAUSE_MS, type Attempt, type Delivery, type Outcome } from "./core/delivery.ts";
import { TEST_EVENT } from "./core/event.ts";
import { countedFailure, gone, recovered, type Webhook } from "./core/webhook.ts";
import type { OutboundAnswer } from "../platform/outbound/post.ts";
import { signedHeaders } from "./secrets.ts";
import type { StoredDelivery } from "./store.ts";
import { targetOf } from "../platform/outbound/target.ts";
import type { NewIncident } from "../incidents/core/incident.ts";
import { ok } from "../kernel/result.ts";
import { changeRow } from "../platform/tables/change-row.ts";

/** The whole attempt: name look-up, connection and answer. */
const ATTEMPT_MS = 15_000;

/**
 * The outcome and the delivery as it is afterwards. Only the holder of the webhook's lease calls it. Throws
 * TransientFailure when storage cannot be reached; what was not recorded is sent again under the same id.
 */
export async function sendDelivery(
  deps: WebhookDeps,
  webhook: Webhook,
  stored: StoredDelivery,
): Promise<{ readonly outcome: Outcome; readonly delivery: Delivery }> {
  const outcome = await attempt(deps, webhook, stored.delivery);
  const delivery = attempted(stored.delivery, outcome, deps.clock.now());
  // The webhook first: if the process dies in between, the delivery comes again and is counted once all the same.
  await noteOnWebhook(deps, webhook, delivery, outcome);
  const { kind: saved } = await deps.store.saveDelivery(stored, delivery);
  const { statusCode, durationMs, failure: reason } = outcome.attempt;
  const { webhookId, deliveryId, type, round } = delivery;
  const result = outcome.kind === "delivered" ? "delivered" : delivery.status === "failed" ? "failed" : "postponed";
  const fields = { webhookId, deliveryId, type, round, statusCode, durationMs, reason, saved };
  deps.log.event(`webhook.${result}`, fields);
  return { outcome, delivery };
}

async function noteOnWebhook(deps: WebhookDeps, webhook: Webhook, delivery: Delivery, outcome: Outcome): Promise<void> {
  const { webhookId, deliveryId, type, status } = delivery;
  if (type === TEST_EVENT || status === "pending") return;
  if (status === "delivered") {
    if (webhook.failedInARow.length > 0) await changeWebhook(deps, webhookId, deliveryId, recovered);
    return;
  }
  const now = deps.clock.now();
  const step = (one: Webhook) => (outcome.kind === "gone" ? gone(one, now) : countedFailure(one, deliveryId, now));
  await changeWebhook(deps, webhookId, deliveryId, step);
}

async function attempt(deps: WebhookDeps, webhook: Webhook, delivery: Delivery): Promise<Outcome> {
  const at = deps.clock.now();
  const timed = (rest: Omit<Attempt, "at" | "durationMs">): Attempt => ({
    at,
    durationMs: Math.max(0, Math.round(deps.clock.now() - at)),
    ...rest,
  });
  try {
    return await withDeadline("The endpoint's answer", ATTEMPT_MS, async (signal) => {
      const target = await targetOf(deps, webhook.url, signal);
      if (!target.ok) return { kind: "down", attempt: timed({ failure: `The address ${target.error}.` }) };
      const answer = await deps.post({ target: target.value, ...messageOf(deps, webhook, delivery) }, signal);
      return judge(answer, deps.clock.now(), timed);
    });
  } catch (error) {
    if (error instanceof TransientFailure)
      return { kind: "down", attempt: timed({ failure: describeFailure(error, 200) }) };
    // A defect, perhaps of this one message: it must not hold up the others for ever.
    deps.log.event("webhook.broken", { webhookId: webhook.webhookId, deliveryId: delivery.deliveryId, error });
    return { kind: "refused", attempt: timed({ failure: "The request could not be made; see the log." }) };
  }
}

function messageOf({ masterKey, clock }: WebhookDeps, webhook: Webhook, { deliveryId: id, body }: Delivery) {
  return {
    headers: {
      "content-type": "application/json",
      "user-agent": "docuware-cloud-operations",
      ...signedHeaders(masterKey, webhook, { id, body, now: clock.now() }),
    },
    body,
  };
}

const DOWN = new Set([408, 425, 429]);

function judge(
  { statusCode, headers, excerpt }: OutboundAnswer,
  now: number,
  timed: (rest: Omit<Attempt, "at" | "durationMs">) => Attempt,
): Outcome {
  if (statusCode >= 200 && statusCode < 300) return { kind: "delivered", attempt: timed({ statusCode }) };
  const isRedirect = statusCode >= 300 && statusCode < 400;
  const failure = `The endpoint answered ${statusCode}.${isRedirect ? " Redirects are not followed." : ""}`;
  const attempt = timed({ statusCode, failure, ...(excerpt === "" ? {} : { excerpt }) });
  if (statusCode === 410) return { kind: "gone", attempt };
  if (!DOWN.has(statusCode) && statusCode < 500) return { kind: "refused", attempt };
  const retryAfterMs = retryAfterMsOf({ headers, now, maxRetryAfterMs: LONGEST_RETRY_PAUSE_MS });
  return { kind: "down", attempt, ...defined({ retryAfterMs }) };
}

/**
 * Does nothing when the webhook is gone or the step changes nothing. `cause` is the delivery that leads to the step.
 * Throws TransientFailure when storage cannot be reached.
 */
async function changeWebhook(
  { store, raiseIncident }: Pick<WebhookDeps, "store" | "raiseIncident">,
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
