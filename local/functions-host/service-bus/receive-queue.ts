// Receiving from a queue without sessions: single messages side by side, or batches one after the other.
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { slots } from "../slots.ts";
import { keepLocked, keepTrying, processMessages, type BusContext } from "./context.ts";

/** Receives until the context's signal is aborted; resolves when everything it began has ended. */
export function receiveQueue(context: BusContext): Promise<void> {
  return keepTrying(context, async () => {
    const receiver = await openReceiver(context);
    try {
      await (context.trigger.isBatch ? batches(context, receiver) : singles(context, receiver));
    } finally {
      await receiver.close();
    }
  });
}

async function openReceiver({ clients, trigger }: BusContext): Promise<ServiceBusReceiver> {
  const client = await clients.get(trigger.connection);
  const options = { receiveMode: "peekLock", skipParsingBodyAsJson: true, maxAutoLockRenewalDurationInMs: 0 } as const;
  return trigger.subscription === undefined
    ? client.createReceiver(trigger.queue, options)
    : client.createReceiver(trigger.queue, trigger.subscription, options);
}

async function processLocked(context: BusContext, receiver: ServiceBusReceiver, messages: ServiceBusReceivedMessage[]) {
  const release = keepLocked(receiver, messages, context.options.maxAutoLockRenewalMs, context.log);
  try {
    await processMessages(context, receiver, messages);
  } finally {
    release();
  }
}

/** The SDK's subscription reconnects by itself, for ever. */
async function singles(context: BusContext, receiver: ServiceBusReceiver): Promise<void> {
  const { options, signal, reportError } = context;
  const calls = slots(options.maxConcurrentCalls);
  const running = new Set<Promise<void>>();
  const processMessage = async (message: ServiceBusReceivedMessage): Promise<void> => {
    // Prefetched messages wait here; a stop lets them run too, as they are few and locked already.
    await calls.take();
    const run = processLocked(context, receiver, [message]).finally(() => calls.give());
    running.add(run);
    await run;
    running.delete(run);
  };
  const subscription = receiver.subscribe(
    { processMessage, processError: async ({ error }) => reportError(error) },
    { autoCompleteMessages: false, maxConcurrentCalls: options.maxConcurrentCalls + options.prefetchCount },
  );
  await aborted(signal);
  await subscription.close();
  while (running.size > 0) await Promise.all(running);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function batches(context: BusContext, receiver: ServiceBusReceiver): Promise<void> {
  while (!context.signal.aborted) {
    const messages = await collectBatch(context, receiver, context.options.retry.tryTimeoutMs);
    if (messages.length > 0) await processLocked(context, receiver, messages);
  }
}

/** One batch: at least the minimum size, unless that takes longer than the batch may wait. Empty when nothing came. */
export async function collectBatch(
  { options, signal }: BusContext,
  receiver: Pick<ServiceBusReceiver, "receiveMessages">,
  firstWaitMs: number,
): Promise<ServiceBusReceivedMessage[]> {
  const { maxMessageBatchSize: max, minMessageBatchSize: min, maxBatchWaitMs } = options;
  const messages: ServiceBusReceivedMessage[] = await receiver.receiveMessages(max, {
    maxWaitTimeInMs: firstWaitMs,
    abortSignal: signal,
  });
  const deadline = Date.now() + maxBatchWaitMs;
  while (messages.length > 0 && messages.length < Math.min(min, max) && !signal.aborted) {
    const left = deadline - Date.now();
    if (left <= 0) break;
    messages.push(...(await receiver.receiveMessages(max - messages.length, { maxWaitTimeInMs: left })));
  }
  return messages;
}
