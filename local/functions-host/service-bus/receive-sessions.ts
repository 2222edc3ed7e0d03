// Receiving from a queue with sessions. A few acceptors (twice the cores, as the real host) wait for sessions; each session
// accepted is drained on its own until it is idle, so that many sessions side by side cost little when nothing happens.
import { availableParallelism } from "node:os";
import type { ServiceBusReceivedMessage, ServiceBusSessionReceiver } from "@azure/service-bus";
import { limited, LimitPassed, pause } from "../pause.ts";
import { slots } from "../slots.ts";
import { answerLimitMs, keepTrying, processMessage, type BusContext } from "./context.ts";

/** Receives until the context's signal is aborted; resolves when everything it began has ended. */
export async function receiveSessions(context: BusContext): Promise<void> {
  const { options, signal } = context;
  const free = slots(options.maxConcurrentSessions);
  const open = new Set<Promise<void>>();
  const acceptOne = async (): Promise<void> => {
    if (!(await free.take(signal))) return;
    let session: ServiceBusSessionReceiver | undefined;
    try {
      session = await acceptSession(context);
    } finally {
      if (session === undefined) free.give();
    }
    if (session === undefined) return;
    const handled = handleSession(context, session)
      .catch((error: unknown) => {
        if (error instanceof LimitPassed) context.clients.renew(context.trigger.connection);
        context.reportError(error);
      })
      .finally(() => {
        open.delete(handled);
        free.give();
      });
    open.add(handled);
  };
  const acceptors = Math.min(options.maxConcurrentSessions, 2 * availableParallelism());
  await Promise.all(Array.from({ length: acceptors }, () => keepTrying(context, acceptOne)));
  await Promise.all(open);
}

/** The next session with messages; undefined when there was none within the try timeout. */
async function acceptSession(context: BusContext): Promise<ServiceBusSessionReceiver | undefined> {
  const { clients, trigger, options, signal } = context;
  const client = clients.get(trigger.connection);
  const accept = {
    receiveMode: "peekLock",
    skipParsingBodyAsJson: true,
    maxAutoLockRenewalDurationInMs: options.maxAutoLockRenewalMs,
  } as const;
  const accepting = client.acceptNextSession(trigger.queue, accept);
  try {
    const accepted = Promise.race([accepting, abortedBy(signal, accepting)]);
    return await limited(`Waiting for a session of ${trigger.queue}`, answerLimitMs(context), accepted);
  } catch (error) {
    // The SDK may go on trying for minutes, or for ever.
    if (error instanceof LimitPassed) accepting.then((session) => session.close()).catch(() => undefined);
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ServiceTimeout" || code === "SessionCannotBeLocked") return undefined;
    throw error;
  }
}

/**
 * Resolves when the signal is aborted. Not by the SDK's abortSignal: with it an abort waits for the broker's answer, up to
 * the try timeout. The attempt left behind ends with the connection, and a session it still gets is given back.
 */
function abortedBy(signal: AbortSignal, accepting: Promise<ServiceBusSessionReceiver>): Promise<undefined> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      resolve(undefined);
      accepting.then((session) => session.close()).catch(() => undefined);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    const forget = (): void => signal.removeEventListener("abort", onAbort);
    accepting.then(forget, forget);
  });
}

async function handleSession(context: BusContext, session: ServiceBusSessionReceiver): Promise<void> {
  try {
    await receiveFrom(context, session);
  } finally {
    await limited(`Giving back a session of ${context.fn.name}`, answerLimitMs(context), session.close());
  }
}

/** Ends when the session was idle for the idle timeout, its lock or link is lost, or the listener stops. */
async function receiveFrom(context: BusContext, session: ServiceBusSessionReceiver): Promise<void> {
  const { options, signal } = context;
  const { sessionIdleMs } = options;
  const lost = new AbortController();
  const running = new Set<Promise<void>>();
  let idleSince = performance.now();
  const process = async (message: ServiceBusReceivedMessage): Promise<void> => {
    const run = processMessage(context, session, message);
    running.add(run);
    await run;
    running.delete(run);
    idleSince = performance.now();
  };
  const subscription = session.subscribe(
    {
      processMessage: process,
      processError: async ({ error }) => {
        context.reportError(error);
        lost.abort();
      },
    },
    { autoCompleteMessages: false, maxConcurrentCalls: 1 },
  );
  const ended = AbortSignal.any([signal, lost.signal]);
  while (!ended.aborted && !session.isClosed) {
    const idle = running.size > 0 ? 0 : performance.now() - idleSince;
    if (idle >= sessionIdleMs) break;
    await pause(sessionIdleMs - idle, ended);
  }
  // Asks the broker to take back unused credit, so that no message is sent to a closing link.
  if (!session.isClosed) {
    await limited(`Closing a session of ${context.fn.name}`, answerLimitMs(context), subscription.close());
  }
  while (running.size > 0) await Promise.all(running);
}
