// QueueLook on Azure Service Bus. The SDK is loaded with the first look (azure-queue-look-client.ts), through a file of our own: the
// bundle gives a CommonJS package that is imported at run time no names.
import type { AzureBusOptions } from "./azure-bus-client.ts";
import type { QueueLook } from "./queue-look.ts";

export function azureQueueLook(options: AzureBusOptions): QueueLook {
  let opened: Promise<QueueLook> | undefined;
  const open = (): Promise<QueueLook> =>
    (opened ??= import("./azure-queue-look-client.ts").then(({ openAzureQueueLook }) => openAzureQueueLook(options)));
  return { waitingSince: async (queue) => (await open()).waitingSince(queue) };
}
