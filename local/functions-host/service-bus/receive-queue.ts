// Receiving from a queue without sessions: single messages side by side, or batches one after the other.
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { limited, pause } from "../pause.ts";
import { slots } from "../slots.ts";
import { answerLimitMs, keepLocked, keepTrying, processMessages, type BusContext } from "./context.ts";

/** After so long without a message a queue is listened to anew. */
const QUIET_MS = 60_000;
const LOOK_EVERY_MS = 1000;

/** Receives until the context's signal is aborted; resolves when everything it began has ended. */
export function receiveQueue(context: BusContext): Promise<void> {
  return keepTrying(context, async () => {
    const receiver = await openReceiver(context);
    try {
      await (context.trigger.isBatch ? batches(context, receiver) : singles(context, receiver));
    } finally {
      await limited(`Closing the receiver of ${context.fn.name}`, answerLimitMs(context), receiver.close());
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
  const release = keepLocked(context, receiver, messages);
  try {
    await processMessages(context, receiver, messages);
  } finally {
    release();
  }
}

/** Until the listener stops, or nothing has come for a while. */
async function singles(context: BusContext, receiver: ServiceBusReceiver): Promise<void> {
  const { options, signal, reportError } = context;
  const calls = slots(options.maxConcurrentCalls);
  const running = new Set<Promise<void>>();
  let quietSince = performance.now();
  const processMessage = async (message: ServiceBusReceivedMessage): Promise<void> => {
    // Prefetched messages wait here; a stop lets them run too, as they are few and locked already.
    await calls.take();
    const run = processLocked(context, receiver, [message]).finally(() => calls.give());
    running.add(run);
    await run;
    running.delete(run);
    quietSince = performance.now();
  };
  const subscription = receiver.subscribe(
    { processMessage, processError: async ({ error }) => reportError(error) },
    { autoCompleteMessages: false, maxConcurrentCalls: options.maxConcurrentCalls + options.prefetchCount },
  );
  // The SDK's subscription reconnects by itself, but a link that was lost without a word looks like an empty queue.
  while (!signal.aborted && !receiver.isClosed) {
    const quietMs = running.size > 0 ? 0 : performance.now() - quietSince;
    if (quietMs >= QUIET_MS) break;
    await pause(Math.min(QUIET_MS - quietMs, LOOK_EVERY_MS), signal);
  }
  const closing = receiver.isClosed ? Promise.resolve() : subscription.close();
  await limited(`Closing the subscription of ${context.fn.name}`, answerLimitMs(context), closing);
  while (running.size > 0) await Promise.all(running);
}

async function batches(context: BusContext, receiver: ServiceBusReceiver): Promise<void> {
  while (!context.signal.aborted) {
    const { tryTimeoutMs } = context.options.retry;
    const collecting = collectBatch(context, receiver, tryTimeoutMs);
    const limitMs = tryTimeoutMs + context.options.maxBatchWaitMs + answerLimitMs(context);
    const messages = await limited(`Receiving for ${context.fn.name}`, limitMs, collecting);
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
