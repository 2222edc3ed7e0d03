// What passes with time alone: locks and messages expire, scheduled messages become active, ids are forgotten.
import { wakeAt } from "./queue.ts";
import { expireMessage, freeSession, returnMessage } from "./release.ts";
import { activate } from "./transfer.ts";
import type { Queue, Space } from "./types.ts";

function expireLocks(space: Space, queue: Queue, now: number): void {
  if (queue.options.requiresSession) {
    for (const lock of queue.heldSessions.values()) {
      if (lock.until > now) break;
      space.out.lostSessions.push(lock);
      freeSession(space, queue, lock, now, { counts: true });
    }
    return;
  }
  for (const lock of queue.locks.values()) {
    if (lock.until > now) break;
    returnMessage(space, queue, lock.message, now, { counts: true, sync: false });
  }
}

function activateDue(space: Space, queue: Queue, now: number): void {
  for (let due = queue.schedule.first; due !== undefined && due.key <= now; due = queue.schedule.first) {
    queue.schedule.pop();
    const message = queue.messages.get(due.value);
    if (message?.state === "scheduled") activate(space, queue, message, now);
  }
}

function expireDue(space: Space, queue: Queue, now: number): void {
  for (let due = queue.expiries.first; due !== undefined && due.key <= now; due = queue.expiries.first) {
    queue.expiries.pop();
    const message = queue.messages.get(due.value);
    // A locked message is looked at again when it returns.
    if (message?.state === "ready") expireMessage(space, queue, message);
  }
}

function forgetIds(queue: Queue, now: number): void {
  for (const [id, seen] of queue.history) {
    if (seen.until > now) break;
    queue.history.delete(id);
  }
}

/** End of the entry that stands first, which is the earliest one. */
function firstEnd(entries: Iterable<{ readonly until: number }>): number {
  for (const entry of entries) return entry.until;
  return Number.POSITIVE_INFINITY;
}

function tickQueue(space: Space, queue: Queue, now: number): void {
  queue.wakeAt = Number.POSITIVE_INFINITY;
  expireLocks(space, queue, now);
  activateDue(space, queue, now);
  expireDue(space, queue, now);
  forgetIds(queue, now);
  const next = Math.min(
    queue.options.requiresSession ? firstEnd(queue.heldSessions.values()) : firstEnd(queue.locks.values()),
    queue.schedule.first?.key ?? Number.POSITIVE_INFINITY,
    queue.expiries.first?.key ?? Number.POSITIVE_INFINITY,
    firstEnd(queue.history.values()),
  );
  wakeAt(space, queue, next);
}

/** Every command calls this first, so that nothing is decided on what has already expired. */
export function advance(space: Space, queue: Queue, now: number): void {
  if (now >= queue.wakeAt) tickQueue(space, queue, now);
}

/** Called by the host at `space.wakeAt`. */
export function tick(space: Space, now: number): void {
  space.wakeAt = Number.POSITIVE_INFINITY;
  for (const queue of space.queues.values()) {
    if (now >= queue.wakeAt) tickQueue(space, queue, now);
    else wakeAt(space, queue, queue.wakeAt);
  }
}
