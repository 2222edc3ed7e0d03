// Taking messages: each is locked for its receiver.
import { err, ok, type Result } from "../../../shared/kernel/result.ts";
import { isReady, record, sessionOf, setState, wakeAt } from "./queue.ts";
import type { ReadyList } from "./ready-list.ts";
import { messageLockLost, sessionLockLost, type Refusal } from "./refusals.ts";
import { advance } from "./time.ts";
import type { Message, MessageLock, Queue, SessionLock, Space } from "./types.ts";

function lockMessage(
  space: Space,
  queue: Queue,
  message: Message,
  now: number,
  session: SessionLock | undefined,
): MessageLock {
  space.lastLock += 1;
  const until = session === undefined ? now + queue.options.lockDurationMs : session.until;
  const lock: MessageLock = { id: space.lastLock, message, session, until };
  message.lock = lock;
  queue.locks.set(lock.id, lock);
  session?.messages.add(lock);
  setState(queue, message, "locked");
  record(space, { kind: "lock", queue: queue.name, sequence: message.sequence }, false);
  wakeAt(space, queue, until);
  return lock;
}

/** The list from which this receiver takes: the session's, or the queue's. */
function listOf(queue: Queue, session: SessionLock | undefined): ReadyList | undefined {
  if (session === undefined) return queue.ready;
  return queue.heldSessions.get(session.sessionId) === session ? sessionOf(queue, session.sessionId).ready : undefined;
}

/** The next deliverable message, taken from its list. Messages of a frame after `durable` are not deliverable yet. */
function takeNext(queue: Queue, session: SessionLock | undefined, durable: number): Message | undefined {
  const list = listOf(queue, session);
  const sequence = list?.first(isReady(queue));
  const message = sequence === undefined ? undefined : queue.messages.get(sequence);
  if (list === undefined || message === undefined || message.commit > durable) return undefined;
  list.removeFirst(message.sequence);
  queue.counters.deliveries += 1;
  return message;
}

/** Locks the next message, undefined when there is none (or the session is no longer held). */
export function receive(
  space: Space,
  queue: Queue,
  session: SessionLock | undefined,
  now: number,
  durable: number,
): MessageLock | undefined {
  advance(space, queue, now);
  const message = takeNext(queue, session, durable);
  return message === undefined ? undefined : lockMessage(space, queue, message, now, session);
}

/** Renews message locks: all or none. The locks of session messages are renewed with their session. */
export function renewLocks(
  space: Space,
  queue: Queue,
  lockIds: readonly number[],
  now: number,
): Result<readonly number[], Refusal> {
  advance(space, queue, now);
  const locks: MessageLock[] = [];
  for (const id of lockIds) {
    const lock = queue.locks.get(id);
    if (lock === undefined)
      return err(queue.options.requiresSession ? sessionLockLost("").error : messageLockLost().error);
    locks.push(lock);
  }
  for (const lock of locks) {
    if (lock.session !== undefined) continue;
    queue.locks.delete(lock.id);
    lock.until = now + queue.options.lockDurationMs;
    queue.locks.set(lock.id, lock);
  }
  return ok(locks.map((lock) => lock.until));
}
