// How messages enter queues and move between them: enqueueing, dead-lettering, activation.
import type { PutRecord, Properties } from "./records.ts";
import { accountOf, insert, MESSAGE_OVERHEAD, record, remove } from "./queue.ts";
import { notAllowed, quotaExceeded, type Refusal } from "./refusals.ts";
import type { Message, Queue, Space } from "./types.ts";

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
}

/** Takes the message out of its queue and makes it ready in `target` under another number: one record, one effect. */
export function move(space: Space, queue: Queue, message: Message, to: Move): void {
  const added = to.added === undefined ? message.added : new Map([...message.added, ...to.added]);
  const moved = {
    sequence: to.sequence,
    enqueuedAt: to.enqueuedAt,
    ttlMs: to.ttlMs,
    added,
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
    deliveryCount: message.deliveryCount,
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

export function deadLetter(space: Space, queue: Queue, message: Message, reasons: Properties): void {
  const { sequence, enqueuedAt, ttlMs } = message;
  const target = queue.deadLetters;
  if (target !== undefined) move(space, queue, message, { target, sequence, enqueuedAt, ttlMs, added: reasons });
}

export const reason = (text: string, description: string): Properties =>
  new Map([
    ["DeadLetterReason", text],
    ["DeadLetterErrorDescription", description],
  ]);

/** A scheduled message becomes active: new number, new enqueued time. */
export function activate(space: Space, queue: Queue, message: Message, now: number): void {
  queue.lastSequence += 1;
  move(space, queue, message, {
    target: queue,
    sequence: queue.lastSequence,
    enqueuedAt: now,
    ttlMs: Math.min(message.ttlMs, queue.options.defaultTtlMs),
  });
}
