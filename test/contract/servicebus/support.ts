// A broker with plenty of queues of each kind, and clients of the official SDK, for one test file.
import {
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
  type ServiceBusSender,
} from "@azure/service-bus";
import { afterAll, afterEach, beforeAll } from "vitest";
import { startBroker, type BrokerOptions, type RunningBroker } from "../../../local/servicebus/broker.ts";
import type { QueueOptions } from "../../../local/servicebus/engine/types.ts";
import { queuesFrom } from "../../../local/servicebus/queues.ts";

const COPIES = 40;

/** Queue properties of the contract, by kind. Locks are short, so that tests can see them expire. */
export const KINDS = {
  plain: {},
  quick: { lockDuration: "PT1S", maxDeliveryCount: 3 },
  session: { requiresSession: true },
  quickSession: { requiresSession: true, lockDuration: "PT1S", maxDeliveryCount: 3 },
  unique: { requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: "PT1S" },
  expiring: { defaultMessageTimeToLive: "PT1S", deadLetteringOnMessageExpiration: true },
  vanishing: { defaultMessageTimeToLive: "PT1S" },
  small: { maxSizeInMegabytes: 1 },
} as const;

type Kind = keyof typeof KINDS;

export const queuesOf = (queues: Readonly<Record<string, object>>): readonly QueueOptions[] =>
  queuesFrom({ queues: Object.entries(queues).map(([name, properties]) => ({ name, ...properties })) });

const allQueues = (): Readonly<Record<string, object>> =>
  Object.fromEntries(
    Object.entries(KINDS).flatMap(([kind, properties]) =>
      Array.from({ length: COPIES }, (_, index) => [`${kind}-${index}`, properties] as const),
    ),
  );

export const clientOptions = { retryOptions: { maxRetries: 0, timeoutInMs: 5000 } } as const;

export interface Bench {
  readonly broker: () => RunningBroker;
  /** Name of a queue that no other test of the file uses. */
  readonly queue: (kind: Kind) => string;
  /** A client that is closed after the test. */
  readonly client: (connectionString?: string) => ServiceBusClient;
  /** Such a queue, with a client and what that sends and receives by. */
  readonly open: (kind: Kind) => {
    readonly client: ServiceBusClient;
    readonly queue: string;
    readonly sender: ServiceBusSender;
    readonly receiver: ServiceBusReceiver;
  };
  readonly figures: (queue: string) => Promise<Figures>;
}

export interface Figures {
  readonly active: number;
  readonly locked: number;
  readonly scheduled: number;
  readonly waiting: number;
  readonly deadLettered: number;
  readonly sends: number;
  readonly messagesAccepted: number;
  readonly accepts: number;
  readonly deliveries: number;
  readonly settlements: number;
  readonly managementRequests: number;
}

/** Boundary: the management server of this project answers with these fields (management-server.ts). */
export async function figuresOf(broker: RunningBroker, queue: string): Promise<Figures> {
  const response = await fetch(`http://127.0.0.1:${broker.managementPort}/queues`);
  const all = (await response.json()) as (Figures & { readonly name: string })[];
  const found = all.find((entry) => entry.name === queue);
  if (found === undefined) throw new Error(`no queue ${queue}`);
  return found;
}

/** One broker for the tests of a file. */
export function useBroker(options: Partial<BrokerOptions> = {}): Bench {
  let broker: RunningBroker | undefined;
  let clients: ServiceBusClient[] = [];
  const used = new Map<Kind, number>();
  const running = (): RunningBroker => {
    if (broker === undefined) throw new Error("The broker is not running.");
    return broker;
  };
  beforeAll(async () => {
    broker = await startBroker({ port: 0, queues: queuesOf(allQueues()), ...options });
  });
  afterEach(async () => {
    const open = clients;
    clients = [];
    await Promise.all(open.map((client) => client.close()));
  });
  afterAll(async () => {
    await broker?.stop();
  });
  const queueOf = (kind: Kind): string => {
    const index = used.get(kind) ?? 0;
    if (index >= COPIES) throw new Error(`All queues of kind ${kind} are used up.`);
    used.set(kind, index + 1);
    return `${kind}-${index}`;
  };
  const clientOf = (connectionString = running().connectionString): ServiceBusClient => {
    const client = new ServiceBusClient(connectionString, clientOptions);
    clients.push(client);
    return client;
  };
  return {
    broker: running,
    queue: queueOf,
    client: clientOf,
    open: (kind) => {
      const [client, queue] = [clientOf(), queueOf(kind)];
      return { client, queue, sender: client.createSender(queue), receiver: client.createReceiver(queue) };
    },
    figures: (queue) => figuresOf(running(), queue),
  };
}

/** Waits until `check` gives a value that is not undefined or false; fails after `withinMs`. */
export async function eventually<T>(check: () => Promise<T | undefined | false>, withinMs = 8000): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`The condition did not become true within ${withinMs} ms.`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

/** Receives exactly `count` messages. */
export async function take(receiver: ServiceBusReceiver, count: number): Promise<ServiceBusReceivedMessage[]> {
  const messages: ServiceBusReceivedMessage[] = [];
  const end = Date.now() + 8000;
  while (messages.length < count && Date.now() < end) {
    messages.push(...(await receiver.receiveMessages(count - messages.length, { maxWaitTimeInMs: 3000 })));
  }
  if (messages.length !== count) throw new Error(`Received ${messages.length} messages instead of ${count}.`);
  return messages;
}

export async function takeOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await take(receiver, 1);
  if (message === undefined) throw new Error("No message.");
  return message;
}

/** True when nothing arrives within a short time. */
export async function isEmpty(receiver: ServiceBusReceiver, waitMs = 150): Promise<boolean> {
  return (await receiver.receiveMessages(1, { maxWaitTimeInMs: waitMs })).length === 0;
}
