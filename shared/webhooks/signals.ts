// What webhooks report (docs/telemetry.md).

import type { PLATFORM_EVENTS } from "../platform/signals.ts";
import type { Log } from "../platform/telemetry/log.ts";
import { counted, error, exported, info, warn, type Catalogue } from "../platform/telemetry/events.ts";
import { counter } from "../platform/telemetry/instruments.ts";

const DELIVERIES = counter(
  "dwops.webhook.deliveries",
  "{delivery}",
  "Attempts to deliver a webhook (outcome: delivered, postponed, failed)",
  ["outcome"],
);

/** `round`: how many attempts there were; `saved`: whether it could be recorded. */
const ATTEMPT = {
  webhookId: "text",
  deliveryId: "text",
  type: "text",
  round: "number",
  statusCode: "number?",
  durationMs: "ms",
  reason: "text?",
  saved: "text",
} as const;

export const WEBHOOK_EVENTS = {
  "webhook.delivered": info("An endpoint took an event", ATTEMPT, attempt("delivered")),
  "webhook.postponed": warn("An endpoint did not take an event: it is tried again", ATTEMPT, attempt("postponed")),
  "webhook.failed": exported(warn("A webhook could not be delivered for good", ATTEMPT, attempt("failed"))),
  "webhook.broken": error("An attempt met a defect", { webhookId: "text", deliveryId: "text", error: "error" }),
  "webhook.runFailed": error("Storage failed on the run of one webhook", { webhookId: "text?", reason: "text" }),
  "webhooks.sent": info("A run of the timer", {
    delivered: "number",
    failed: "number",
    postponed: "number",
    removed: "number",
  }),
} satisfies Catalogue;

export type WebhookLog = Log<typeof WEBHOOK_EVENTS & typeof PLATFORM_EVENTS>;

function attempt(outcome: string) {
  return counted(DELIVERIES, () => ({ outcome }));
}
