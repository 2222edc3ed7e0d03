// QueueAge on Azure Service Bus: peeks, for which the right to receive is enough (counts would need the right to manage).
// A peek needs no session. On a connection of its own, replaced when it does not answer. Loaded by azure-bus.ts at the
// first question.
import { ServiceBusClient, type ServiceBusReceiver } from "@azure/service-bus";
import Long from "long";
import type { AzureBusOptions } from "./azure-bus-client.ts";
import { withDeadline } from "../deadline.ts";
import type { QueueAge } from "./bus.ts";

const TIMEOUT_MS = 2500;
const PAGE = 100;
/** Behind 2,000 scheduled messages nobody looks: whether something waits is then not known. */
const MAX_PAGES = 20;

export function openAzureQueueAge(options: AzureBusOptions): QueueAge {
  let opened: ServiceBusClient | undefined;
  return {
    async waitingSince(queue) {
      const used = (opened ??= open(options));
      try {
        const what = `Looking into queue ${queue}`;
        return await withDeadline(what, options.timeoutMs ?? TIMEOUT_MS, async (abortSignal) => {
          const receiver = used.createReceiver(queue, { skipParsingBodyAsJson: true });
          const since = await oldestActive(receiver, abortSignal);
          await receiver.close();
          return since;
        });
      } catch (error) {
        // Whatever hangs ends with its connection.
        if (opened === used) opened = undefined;
        used.close().catch(() => undefined);
        throw error;
      }
    },
  };
}

function open(options: AzureBusOptions): ServiceBusClient {
  const retryOptions = { maxRetries: 0, timeoutInMs: TIMEOUT_MS };
  return "connectionString" in options
    ? new ServiceBusClient(options.connectionString, { retryOptions })
    : new ServiceBusClient(options.fullyQualifiedNamespace, options.credential, { retryOptions });
}

async function oldestActive(receiver: ServiceBusReceiver, abortSignal: AbortSignal): Promise<number | undefined> {
  // Said each time: left to itself the SDK goes on where the last look at this queue has ended.
  let fromSequenceNumber = Long.ZERO;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const messages = await receiver.peekMessages(PAGE, { abortSignal, fromSequenceNumber });
    const active = messages.find(({ state }) => state === "active");
    if (active !== undefined) return active.enqueuedTimeUtc?.getTime();
    const last = messages.at(-1)?.sequenceNumber;
    if (last === undefined) return undefined;
    fromSequenceNumber = last.add(1);
  }
  return undefined;
}
