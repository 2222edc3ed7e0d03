// How messages enter queues and move between them: enqueueing, dead-lettering, activation, forwarding.
import type { PutRecord, Properties } from "./records.ts";
import { accountOf, insert, MESSAGE_OVERHEAD, record, remove } from "./queue.ts";
import { notAllowed, quotaExceeded, type Refusal } from "./refusals.ts";
import type { Message, Queue, Space } from "./types.ts";

/** Azure forwards a message at most this often, then dead-letters it. */
const MAX_HOPS = 4;

const NONE: Properties = new Map();

export type NewMessage = Omit<PutRecord, "kind" | "queue">;

export function buildMessage(space: Space, queue: Queue, fields: NewMessage): Message {
  const { content } = fields;
  return {
    sequence: fields.sequence,
    enqueuedSequence: fields.enqueuedSequence,
    messageId: fields.messageId,
    sessionId: fields.sessionId,
    enqueuedAt: fields.enqueuedAt,
    ttlMs: fields.ttlMs,
    // A dead-letter queue observes no time to live, although its messages keep theirs.
    expiresAt: queue.parent === undefined ? fields.enqueuedAt + fields.ttlMs : Number.POSITIVE_INFINITY,
    scheduledAt: fields.scheduledAt,
    content,
    bytes: content.payload.byteLength + content.annotations.byteLength + MESSAGE_OVERHEAD,
    commit: space.commit,
    deadLetterSource: fields.deadLetterSource,
    deliveryCount: fields.deliveryCount,
    added: fields.added,
    state: fields.state,
    lock: undefined,
    wasLocked: false,
  };
}

/** Adds a new message and writes it down. */
export function put(space: Space, queue: Queue, fields: NewMessage): void {
  record(space, { kind: "put", queue: queue.name, ...fields });
  insert(space, queue, buildMessage(space, queue, fields));
}

interface Move {
  readonly target: Queue;
  readonly sequence: number;
  readonly enqueuedAt: number;
  readonly ttlMs: number;
  readonly added?: Properties;
  readonly deliveryCount?: number;
  readonly deadLetterSource?: string | undefined;
}

/** Takes the message out of its queue and makes it ready in `target` under another number: one record, one effect. */
export function move(space: Space, queue: Queue, message: Message, to: Move): void {
  const added = to.added === undefined ? message.added : new Map([...message.added, ...to.added]);
  const moved = {
    sequence: to.sequence,
    enqueuedAt: to.enqueuedAt,
    ttlMs: to.ttlMs,
    added,
    deliveryCount: to.deliveryCount ?? message.deliveryCount,
    deadLetterSource: to.deadLetterSource ?? message.deadLetterSource,
  };
  record(space, {
    kind: "move",
    queue: queue.name,
    sequence: message.sequence,
    toQueue: to.target.name,
    toSequence: to.sequence,
    enqueuedAt: moved.enqueuedAt,
    ttlMs: moved.ttlMs,
    added,
    deliveryCount: moved.deliveryCount,
    deadLetterSource: moved.deadLetterSource,
  });
  remove(queue, message);
  insert(space, to.target, buildMessage(space, to.target, { ...message, ...moved, state: "ready" }));
}

/** Whether a queue can take `bytes` more for a session; the reason otherwise. */
export function refuseEntry(queue: Queue, bytes: number, sessionId: string | undefined): Refusal | undefined {
  if (queue.options.requiresSession && sessionId === undefined) {
    return notAllowed(`Queue '${queue.options.name}' requires sessions: every message must carry a session id.`).error;
  }
  if (accountOf(queue).bytes + bytes > accountOf(queue).options.maxBytes) {
    const limit = Math.floor(accountOf(queue).options.maxBytes / 1024);
    return quotaExceeded(`Queue '${queue.options.name}' is full (${limit} KiB). Receive messages or raise its size.`)
      .error;
  }
  return undefined;
}

/** The queue where a message sent to `queue` comes to rest, undefined when the chain is longer than Azure allows. */
export function restingQueue(space: Space, queue: Queue): Queue | undefined {
  let current = queue;
  for (let hops = 0; current.options.forwardTo !== undefined; hops += 1) {
    const next = space.queues.get(current.options.forwardTo.toLowerCase());
    if (next === undefined || hops === MAX_HOPS) return undefined;
    current = next;
  }
  return current;
}

/** Dead-letters a message, into the forward target of dead letters when one is set and can take it. */
export function deadLetter(space: Space, queue: Queue, message: Message, now: number, reasons: Properties): void {
  const own = queue.deadLetters;
  if (own === undefined) return;
  const forward = queue.options.forwardDeadLettersTo;
  const first = forward === undefined ? undefined : space.queues.get(forward.toLowerCase());
  const target = first === undefined ? undefined : restingQueue(space, first);
  if (target === undefined || refuseEntry(target, message.bytes, message.sessionId) !== undefined) {
    const { sequence, enqueuedAt, ttlMs } = message;
    move(space, queue, message, { target: own, sequence, enqueuedAt, ttlMs, added: reasons });
    return;
  }
  target.lastSequence += 1;
  move(space, queue, message, {
    target,
    sequence: target.lastSequence,
    enqueuedAt: now,
    ttlMs: Math.min(message.ttlMs, target.options.defaultTtlMs),
    added: reasons,
    deliveryCount: 0,
    deadLetterSource: queue.options.name,
  });
}

export const reason = (text: string | undefined, description: string | undefined): Properties => {
  if (text === undefined && description === undefined) return NONE;
  const properties = new Map<string, string>();
  if (text !== undefined) properties.set("DeadLetterReason", text);
  if (description !== undefined) properties.set("DeadLetterErrorDescription", description);
  return properties;
};

/** A scheduled message becomes active: new number, new enqueued time, and on to the forward target if there is one. */
export function activate(space: Space, queue: Queue, message: Message, now: number): void {
  const target = restingQueue(space, queue);
  const deliverable =
    target === queue || (target !== undefined && refuseEntry(target, message.bytes, message.sessionId) === undefined);
  if (target === undefined || !deliverable) {
    const why =
      target === undefined
        ? reason("MaxTransferHopCountExceeded", `The message was forwarded more than ${MAX_HOPS} times.`)
        : reason("ForwardingFailed", `Queue '${target.options.name}' could not take the message.`);
    deadLetter(space, queue, message, now, why);
    return;
  }
  target.lastSequence += 1;
  move(space, queue, message, {
    target,
    sequence: target.lastSequence,
    enqueuedAt: now,
    ttlMs: Math.min(message.ttlMs, target.options.defaultTtlMs),
  });
}
