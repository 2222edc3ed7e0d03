// A locked message goes back: abandoned, its lock expired or its session was given up.
import { dropLock, makeReady, offerSession, pruneSession, record, remove } from "./queue.ts";
import { deadLetter, reason } from "./transfer.ts";
import type { Message, Queue, SessionLock, Space } from "./types.ts";

interface Return {
  /** Whether this delivery counts towards the maximum. */
  readonly counts: boolean;
  /** Whether somebody waits for the answer. */
  readonly sync: boolean;
}

export function expireMessage(space: Space, queue: Queue, message: Message): void {
  if (queue.options.deadLetterOnExpiry) {
    deadLetter(space, queue, message, reason("TTLExpiredException", "The message expired and was dead lettered."));
    return;
  }
  record(space, { kind: "remove", queue: queue.name, sequence: message.sequence }, false);
  remove(queue, message);
}

export function returnMessage(space: Space, queue: Queue, message: Message, now: number, how: Return): void {
  dropLock(queue, message);
  if (how.counts) message.deliveryCount += 1;
  if (message.deliveryCount >= queue.options.maxDeliveryCount) {
    const description = `Message could not be consumed after ${message.deliveryCount} delivery attempts.`;
    deadLetter(space, queue, message, reason("MaxDeliveryCountExceeded", description));
    return;
  }
  if (message.expiresAt <= now) {
    expireMessage(space, queue, message);
    return;
  }
  const { sequence, deliveryCount } = message;
  record(space, { kind: "return", queue: queue.name, sequence, deliveryCount }, how.sync);
  makeReady(space, queue, message);
}

/** Gives up a session lock; its messages go back to their places. */
export function freeSession(
  space: Space,
  queue: Queue,
  lock: SessionLock,
  now: number,
  how: { readonly counts: boolean },
): void {
  const session = queue.sessions.get(lock.sessionId);
  queue.heldSessions.delete(lock.sessionId);
  for (const held of lock.messages) {
    returnMessage(space, queue, held.message, now, { counts: how.counts, sync: false });
  }
  if (session === undefined) return;
  session.lock = undefined;
  offerSession(queue, session);
  space.out.touchedQueues.add(queue);
  pruneSession(queue, session);
}
