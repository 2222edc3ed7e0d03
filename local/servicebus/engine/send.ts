// Sending and scheduling.
import { err, ok, type Result } from "../../../shared/kernel/result.ts";
import { MESSAGE_OVERHEAD, record, wakeAt } from "./queue.ts";
import { notAllowed, serverBusy, type Refusal } from "./refusals.ts";
import { advance } from "./time.ts";
import { put, refuseEntry } from "./transfer.ts";
import type { IncomingMessage, Queue, Space } from "./types.ts";

/** Message ids remembered per queue at most (some 200 MB); past it sends are refused until the window moves on. */
const HISTORY_LIMIT = 1_000_000;

const sizeOf = ({ content }: IncomingMessage): number =>
  content.payload.byteLength + content.annotations.byteLength + MESSAGE_OVERHEAD;

function refuseSend(queue: Queue, incoming: readonly IncomingMessage[]): Refusal | undefined {
  if (queue.parent !== undefined) {
    return notAllowed("Messages cannot be sent to a dead-letter queue. Send to the queue itself.").error;
  }
  if (queue.history.size + incoming.length > HISTORY_LIMIT) {
    return serverBusy(`Queue '${queue.options.name}' remembers ${HISTORY_LIMIT} message ids, which is the limit.`)
      .error;
  }
  let bytes = 0;
  for (const message of incoming) {
    bytes += sizeOf(message);
    const refusal = refuseEntry(queue, bytes, message.sessionId);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The number of the first message with this id when it is a duplicate; remembers the id otherwise. */
function seenBefore(space: Space, queue: Queue, messageId: string, sequence: number, now: number): number | undefined {
  if (queue.options.duplicateWindowMs === 0) return undefined;
  const seen = queue.history.get(messageId);
  if (seen !== undefined) return seen.sequence;
  const until = now + queue.options.duplicateWindowMs;
  queue.history.set(messageId, { until, sequence });
  record(space, { kind: "seen", queue: queue.name, messageId, until, sequence });
  wakeAt(space, queue, until);
  return undefined;
}

function place(space: Space, queue: Queue, incoming: IncomingMessage, now: number): number {
  const sequence = queue.lastSequence + 1;
  const duplicateOf = seenBefore(space, queue, incoming.messageId, sequence, now);
  if (duplicateOf !== undefined) return duplicateOf;
  queue.lastSequence = sequence;
  const scheduled = incoming.scheduledAt !== undefined && incoming.scheduledAt > now;
  put(space, queue, {
    sequence,
    enqueuedSequence: sequence,
    messageId: incoming.messageId,
    sessionId: incoming.sessionId,
    enqueuedAt: now,
    ttlMs: Math.min(incoming.ttlMs ?? Infinity, queue.options.defaultTtlMs),
    scheduledAt: incoming.scheduledAt,
    deliveryCount: 0,
    state: scheduled ? "scheduled" : "ready",
    added: new Map(),
    content: incoming.content,
  });
  return sequence;
}

/** Accepts all messages or none; returns their sequence numbers (of the first one, for a duplicate). */
export function send(
  space: Space,
  queue: Queue,
  incoming: readonly IncomingMessage[],
  now: number,
): Result<readonly number[], Refusal> {
  advance(space, queue, now);
  const refusal = refuseSend(queue, incoming);
  if (refusal !== undefined) return err(refusal);
  queue.counters.messagesAccepted += incoming.length;
  return ok(incoming.map((message) => place(space, queue, message, now)));
}
