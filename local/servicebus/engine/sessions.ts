// Session locks. A session exists while it is held or has deliverable messages.
import { ok, type Result } from "../../../shared/kernel/result.ts";
import { isReady, offerSession, pruneSession, sessionOf, wakeAt } from "./queue.ts";
import { sessionCannotBeLocked, sessionLockLost, type Refusal } from "./refusals.ts";
import { freeSession } from "./release.ts";
import { advance } from "./time.ts";
import type { Queue, Session, SessionLock, Space } from "./types.ts";

function hold(space: Space, queue: Queue, session: Session, owner: number, now: number): SessionLock {
  const lock: SessionLock = {
    sessionId: session.id,
    owner,
    messages: new Set(),
    until: now + queue.options.lockDurationMs,
  };
  session.lock = lock;
  queue.heldSessions.set(session.id, lock);
  queue.counters.accepts += 1;
  wakeAt(space, queue, lock.until);
  return lock;
}

/** Locks the named session for `owner`; it need not have messages. */
export function acceptSession(
  space: Space,
  queue: Queue,
  sessionId: string,
  owner: number,
  now: number,
): Result<SessionLock, Refusal> {
  advance(space, queue, now);
  const session = sessionOf(queue, sessionId);
  if (session.lock !== undefined) return sessionCannotBeLocked(sessionId);
  return ok(hold(space, queue, session, owner, now));
}

/** Locks the free session with the oldest deliverable message, undefined when there is none. */
export function acceptNextSession(
  space: Space,
  queue: Queue,
  owner: number,
  now: number,
  durable: number,
): SessionLock | undefined {
  advance(space, queue, now);
  for (let next = queue.candidates.first; next !== undefined; next = queue.candidates.first) {
    const session = queue.sessions.get(next.value);
    if (session?.candidate === next.key && session.lock === undefined) {
      const head = session.ready.first(isReady(queue));
      if (head === next.key && (queue.messages.get(head)?.commit ?? 0) > durable) return undefined;
      queue.candidates.pop();
      session.candidate = 0;
      if (head === next.key) return hold(space, queue, session, owner, now);
      offerSession(queue, session);
      pruneSession(queue, session);
    } else {
      queue.candidates.pop();
      if (session?.candidate === next.key) session.candidate = 0;
    }
  }
  return undefined;
}

/** The receiver closed or its connection broke: the session is free at once and nothing counts as delivered. */
export function releaseSession(space: Space, queue: Queue, lock: SessionLock, now: number): void {
  advance(space, queue, now);
  if (queue.heldSessions.get(lock.sessionId) === lock) freeSession(space, queue, lock, now, { counts: false });
}

/** Returns the new end of the lock; the locks of its messages end with it. */
export function renewSession(space: Space, queue: Queue, sessionId: string, now: number): Result<number, Refusal> {
  advance(space, queue, now);
  const lock = queue.heldSessions.get(sessionId);
  if (lock === undefined) return sessionLockLost(sessionId);
  lock.until = now + queue.options.lockDurationMs;
  for (const message of lock.messages) message.until = lock.until;
  queue.heldSessions.delete(sessionId);
  queue.heldSessions.set(sessionId, lock);
  return ok(lock.until);
}
