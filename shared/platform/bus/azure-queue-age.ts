// QueueAge on Azure Service Bus. The SDK is loaded at the first question (azure-queue-look-client.ts), through a file of our own: the
// bundle gives a CommonJS package that is imported at run time no names.
import type { AzureBusOptions } from "./azure-bus-client.ts";
import type { QueueAge } from "./queue-age.ts";

export function azureQueueAge(options: AzureBusOptions): QueueAge {
  let opened: Promise<QueueAge> | undefined;
  const open = (): Promise<QueueAge> =>
    (opened ??= import("./azure-queue-age-client.ts").then(({ openAzureQueueAge }) => openAzureQueueAge(options)));
  return { waitingSince: async (queue) => (await open()).waitingSince(queue) };
}
