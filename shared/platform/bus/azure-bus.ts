// Bus on Azure Service Bus, or a broker that speaks its protocol (azure-bus-client.ts).
import { once } from "../once.ts";
import type { AzureBusOptions } from "./azure-bus-client.ts";
import type { Bus, QueueAge } from "./bus.ts";

/** One connection, one sender per queue, both made at the first message; each call ends within its deadline. */
export function azureBus(options: AzureBusOptions): Bus {
  const open = once(async () => (await import("./azure-bus-client.ts")).openAzureBus(options));
  return {
    send: async (queue, messages) => (await open()).send(queue, messages),
    // Also what was never used is closed: a message that comes later must not open a connection again.
    close: async () => (await open()).close(),
  };
}

/** On the same bus: since when its oldest messages wait (azure-queue-age-client.ts). */
export function azureQueueAge(options: AzureBusOptions): QueueAge {
  const open = once(async () => (await import("./azure-queue-age-client.ts")).openAzureQueueAge(options));
  return { waitingSince: async (queue) => (await open()).waitingSince(queue) };
}
