// Bus on Azure Service Bus (or a broker that speaks its protocol) with the SDK, loaded by azure-bus.ts at the first call.
// One connection, one sender per queue, both made at the first message; each call ends within its deadline, and a
// connection on which one did not answer in time is replaced.
import { defined } from "../../kernel/defined.ts";
import type { TokenCredential } from "@azure/identity";
import {
  isServiceBusError,
  ServiceBusClient,
  type ServiceBusClientOptions,
  type ServiceBusMessage,
  type ServiceBusSender,
} from "@azure/service-bus";
import { PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { mapConcurrently } from "../../kernel/map-concurrently.ts";
import { checkMessage } from "./bus-messages.ts";
import type { Bus, OutgoingMessage } from "./bus.ts";
import { withDeadline } from "../deadline.ts";

export type AzureBusOptions = (
  | { readonly connectionString: string }
  | { readonly fullyQualifiedNamespace: string; readonly credential: TokenCredential }
) & {
  /** Milliseconds a call to send may take with all its retries; 30,000 when absent. */
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 5000;
const RETRY: NonNullable<ServiceBusClientOptions["retryOptions"]> = {
  maxRetries: 2,
  timeoutInMs: 10_000,
  retryDelayInMs: 200,
  maxRetryDelayInMs: 2000,
};
/** Limits of one request to schedule messages; Service Bus takes 256 KiB, the SDK does not check. */
const MAX_SCHEDULED_COUNT = 100;
const MAX_SCHEDULED_BYTES = 200_000;
/** What ids and properties add to a message's body, generously. */
const ENVELOPE_BYTES = 1000;
const PARALLEL_SCHEDULES = 4;
const NEVER_WORTH_IT = new Set([
  "MessagingEntityNotFound",
  "MessagingEntityDisabled",
  "MessageSizeExceeded",
  "UnauthorizedAccess",
]);

/** One client and its senders. */
interface Connection {
  readonly client: ServiceBusClient;
  senderOf(queue: string): ServiceBusSender;
}

function connect(options: AzureBusOptions): Connection {
  const client =
    "connectionString" in options
      ? new ServiceBusClient(options.connectionString, { retryOptions: RETRY })
      : new ServiceBusClient(options.fullyQualifiedNamespace, options.credential, { retryOptions: RETRY });
  const senders = new Map<string, ServiceBusSender>();
  return {
    client,
    senderOf(queue) {
      const sender = senders.get(queue) ?? client.createSender(queue);
      senders.set(queue, sender);
      return sender;
    },
  };
}

export function openAzureBus(options: AzureBusOptions): Bus {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  let connection = connect(options);
  let isClosed = false;
  /** What hangs in the SDK (a link, a lock of its own) would hold every later call as well. */
  const giveUp = (hanging: Connection): void => {
    if (connection !== hanging || isClosed) return;
    connection = connect(options);
    // Other calls on it may still end well within their time.
    setTimeout(() => void closeClient(hanging).catch(() => undefined), timeoutMs).unref();
  };
  return {
    async send(queue, messages) {
      for (const message of messages) checkMessage(queue, message);
      const immediate = messages.filter(({ scheduledAt }) => scheduledAt === undefined);
      const scheduled = messages.filter(({ scheduledAt }) => scheduledAt !== undefined);
      const what = `Sending ${messages.length} messages to queue ${queue}`;
      const used = connection;
      try {
        await withDeadline(what, timeoutMs, async (abortSignal) => {
          const sender = used.senderOf(queue);
          await sendBatches(sender, queue, immediate, abortSignal);
          await schedule(sender, scheduled, abortSignal);
        });
      } catch (error) {
        if (isNoAnswer(error)) giveUp(used);
        throw translateBusError(what, error);
      }
    },
    async close() {
      isClosed = true;
      await closeClient(connection);
    },
  };
}

const closeClient = ({ client }: Connection): Promise<void> =>
  withDeadline("Closing the connection to Service Bus", CLOSE_TIMEOUT_MS, () => client.close());

/** The deadline has passed, or the SDK's own limit. */
const isNoAnswer = (error: unknown): boolean =>
  error instanceof TransientFailure || (isServiceBusError(error) && error.code === "ServiceTimeout");

/** In order, in as few batches as their size allows. */
async function sendBatches(
  sender: ServiceBusSender,
  queue: string,
  messages: readonly OutgoingMessage[],
  abortSignal: AbortSignal,
): Promise<void> {
  if (messages.length === 0) return;
  let batch = await sender.createMessageBatch({ abortSignal });
  for (const message of messages) {
    if (batch.tryAddMessage(toServiceBus(message))) continue;
    if (batch.count > 0) await sender.sendMessages(batch, { abortSignal });
    batch = await sender.createMessageBatch({ abortSignal });
    if (batch.tryAddMessage(toServiceBus(message))) continue;
    throw new PermanentFailure(
      `Message ${message.messageId} is too large for queue ${queue}, which takes ${batch.maxSizeInBytes} bytes.`,
    );
  }
  if (batch.count > 0) await sender.sendMessages(batch, { abortSignal });
}

async function schedule(
  sender: ServiceBusSender,
  messages: readonly OutgoingMessage[],
  abortSignal: AbortSignal,
): Promise<void> {
  await mapConcurrently(scheduleRequests(messages), PARALLEL_SCHEDULES, ({ at, batch }) =>
    sender.scheduleMessages(batch, new Date(at), { abortSignal }),
  );
}

interface ScheduleRequest {
  readonly at: number;
  readonly batch: ServiceBusMessage[];
}

/** One request carries messages of one scheduled time, bounded in number and size. */
function scheduleRequests(messages: readonly OutgoingMessage[]): readonly ScheduleRequest[] {
  const requests: ScheduleRequest[] = [];
  const open = new Map<number, { request: ScheduleRequest; bytes: number }>();
  for (const message of messages) {
    const at = message.scheduledAt ?? 0;
    const bytes = ENVELOPE_BYTES + Buffer.byteLength(JSON.stringify(message.body));
    let current = open.get(at);
    const isFull =
      current !== undefined &&
      (current.request.batch.length >= MAX_SCHEDULED_COUNT || current.bytes + bytes > MAX_SCHEDULED_BYTES);
    if (current === undefined || isFull) {
      current = { request: { at, batch: [] }, bytes: 0 };
      open.set(at, current);
      requests.push(current.request);
    }
    current.request.batch.push(toServiceBus(message));
    current.bytes += bytes;
  }
  return requests;
}

function toServiceBus(message: OutgoingMessage): ServiceBusMessage {
  return {
    body: message.body,
    messageId: message.messageId,
    contentType: "application/json",
    ...defined({ sessionId: message.sessionId }),
    ...(message.traceparent === undefined ? {} : { applicationProperties: { traceparent: message.traceparent } }),
  };
}

function translateBusError(what: string, error: unknown): Error {
  if (error instanceof TransientFailure || error instanceof PermanentFailure) return error;
  if (!isServiceBusError(error)) {
    return new TransientFailure(`${what} failed; some may have arrived.`, { cause: error });
  }
  const isHopeless = NEVER_WORTH_IT.has(error.code) || (error.code === "GeneralError" && !error.retryable);
  if (isHopeless) return new PermanentFailure(`${what} was refused (${error.code}).`, { cause: error });
  return new TransientFailure(`${what} failed for now (${error.code}); some may have arrived.`, { cause: error });
}
