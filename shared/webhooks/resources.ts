import type { Resources } from "../platform/resources.ts";

export const WEBHOOKS_TABLE = "Webhooks";
export const DELIVERIES_TABLE = "WebhookDeliveries";

export const webhookResources = {
  tables: [
    { name: WEBHOOKS_TABLE, purpose: "Subscriptions to events." },
    { name: DELIVERIES_TABLE, purpose: "Which event was sent to which webhook, and how it went." },
  ],
  timers: [
    {
      name: "send-webhooks",
      purpose: "Sends the events that webhooks wait for, and removes old deliveries.",
      setting: "WEBHOOK_SCHEDULE",
      schedule: "45 * * * * *",
      everySeconds: 60,
    },
  ],
} as const satisfies Resources;
