// Receives from a queue with sessions through the official SDK: up to `concurrency` sessions side by side, each accepted,
// its messages taken one by one, handled, completed, and released when it is empty. Once for all contestants that are
// driven by a queue.
import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusSessionReceiver } from "@azure/service-bus";

const FIRST_MESSAGE_MS = 5000;
/** As the Functions host does for this app (host.json). */
const LOCK_RENEWAL_MS = 600_000;

export interface Pump {
  /** The first failure of a handler or of the bus; never resolves. */
  readonly failed: Promise<never>;
}

export interface PumpOptions {
  readonly client: ServiceBusClient;
  readonly queue: string;
  readonly concurrency: number;
  /** How long a session is kept for its next message (the Functions host does so); 0 releases it after one message. */
  readonly sessionIdleMs: number;
  readonly handle: (message: ServiceBusReceivedMessage) => Promise<void>;
  /** The message is completed at the broker; `ms` since it arrived. */
  readonly onCompleted?: (message: ServiceBusReceivedMessage, ms: number) => void;
}

/** Runs until the process ends. */
export function pumpSessions(options: PumpOptions): Pump {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  for (let index = 0; index < options.concurrency; index++) runLoop(options).catch(reject);
  return { failed };
}

async function runLoop(options: PumpOptions): Promise<never> {
  for (;;) {
    const session = await acceptNext(options.client, options.queue);
    if (session === undefined) continue;
    let waitMs = FIRST_MESSAGE_MS;
    do {
      const [message] = await session.receiveMessages(1, { maxWaitTimeInMs: waitMs });
      if (message === undefined) break;
      const arrived = performance.now();
      await options.handle(message);
      await session.completeMessage(message);
      options.onCompleted?.(message, performance.now() - arrived);
      waitMs = options.sessionIdleMs;
    } while (waitMs > 0);
    await session.close();
  }
}

async function acceptNext(client: ServiceBusClient, queue: string): Promise<ServiceBusSessionReceiver | undefined> {
  try {
    return await client.acceptNextSession(queue, { maxAutoLockRenewalDurationInMs: LOCK_RENEWAL_MS });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ServiceTimeout" || code === "SessionCannotBeLocked") return undefined;
    throw error;
  }
}
