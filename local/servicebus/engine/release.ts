// A locked message goes back: abandoned, deferred, its lock expired or its session was given up.
import { dropLock, makeReady, offerSession, pruneSession, record, setState, remove } from "./queue.ts";
import { deadLetter, reason } from "./transfer.ts";
import type { Properties } from "./records.ts";
import type { Message, Queue, SessionLock, Space } from "./types.ts";

interface Return {
  readonly state: "ready" | "deferred";
  /** Whether this delivery counts towards the maximum. */
  readonly counts: boolean;
  readonly added?: Properties;
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
  if (how.added !== undefined) message.added = new Map([...message.added, ...how.added]);
  if (message.deliveryCount >= queue.options.maxDeliveryCount) {
    const description = `Message could not be consumed after ${message.deliveryCount} delivery attempts.`;
    deadLetter(space, queue, message, reason("MaxDeliveryCountExceeded", description));
    return;
  }
  if (how.state === "ready" && message.expiresAt <= now) {
    expireMessage(space, queue, message);
    return;
  }
  const { sequence, deliveryCount, added } = message;
  record(space, { kind: "return", queue: queue.name, sequence, state: how.state, deliveryCount, added }, how.sync);
  if (how.state === "ready") makeReady(space, queue, message);
  else setState(queue, message, "deferred");
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
    const state = held.wasDeferred ? "deferred" : "ready";
    returnMessage(space, queue, held.message, now, { state, counts: how.counts, sync: false });
  }
  if (session === undefined) return;
  session.lock = undefined;
  offerSession(queue, session);
  space.out.touchedQueues.add(queue);
  pruneSession(queue, session);
}
