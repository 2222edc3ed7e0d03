// Receiving from a queue without sessions: messages side by side.
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { limited, pause } from "../pause.ts";
import { answerLimitMs, keepLocked, keepTrying, processMessage, type BusContext } from "./context.ts";

/** After so long without a message a queue is listened to anew. */
const QUIET_MS = 60_000;
const LOOK_EVERY_MS = 1000;

/** Receives until the context's signal is aborted; resolves when everything it began has ended. */
export function receiveQueue(context: BusContext): Promise<void> {
  return keepTrying(context, async () => {
    const receiver = openReceiver(context);
    try {
      await receiveFrom(context, receiver);
    } finally {
      await limited(`Closing the receiver of ${context.fn.name}`, answerLimitMs(context), receiver.close());
    }
  });
}

function openReceiver({ clients, trigger }: BusContext): ServiceBusReceiver {
  const client = clients.get(trigger.connection);
  const options = { receiveMode: "peekLock", skipParsingBodyAsJson: true, maxAutoLockRenewalDurationInMs: 0 } as const;
  return client.createReceiver(trigger.queue, options);
}

async function processLocked(context: BusContext, receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage) {
  const release = keepLocked(context, receiver, message);
  try {
    await processMessage(context, receiver, message);
  } finally {
    release();
  }
}

/** Until the listener stops, or nothing has come for a while. */
async function receiveFrom(context: BusContext, receiver: ServiceBusReceiver): Promise<void> {
  const { options, signal, reportError } = context;
  const running = new Set<Promise<void>>();
  let quietSince = performance.now();
  const process = async (message: ServiceBusReceivedMessage): Promise<void> => {
    const run = processLocked(context, receiver, message);
    running.add(run);
    await run;
    running.delete(run);
    quietSince = performance.now();
  };
  const subscription = receiver.subscribe(
    { processMessage: process, processError: async ({ error }) => reportError(error) },
    { autoCompleteMessages: false, maxConcurrentCalls: options.maxConcurrentCalls },
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
