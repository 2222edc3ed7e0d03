// QueueAge on Azure Service Bus (azure-queue-age-client.ts).
import { once } from "../once.ts";
import type { AzureBusOptions } from "./azure-bus-client.ts";
import type { QueueAge } from "./queue-age.ts";

export function azureQueueAge(options: AzureBusOptions): QueueAge {
  const open = once(async () => (await import("./azure-queue-age-client.ts")).openAzureQueueAge(options));
  return { waitingSince: async (queue) => (await open()).waitingSince(queue) };
}
