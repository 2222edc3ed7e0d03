// Looking at messages without taking them, and deleting many at once.
import { accountOf, record, remove } from "./queue.ts";
import { advance } from "./time.ts";
import type { Message, Queue, Space } from "./types.ts";

/** A reply to a peek stays below this, whatever the client asked for. */
const MAX_PEEK_BYTES = 1_048_576;
const MAX_PEEK_COUNT = 1000;

/** Puts `messages` back into ascending order; needed only where dead-lettering mixed it up. */
function order(queue: Queue): void {
  if (queue.ordered) return;
  queue.messages = new Map([...queue.messages].sort((a, b) => a[0] - b[0]));
  queue.ordered = true;
}

/** Messages in any state from `fromSequence` on, ascending; at least one if there is one. */
export function peek(
  space: Space,
  queue: Queue,
  query: { readonly fromSequence: number; readonly count: number; readonly sessionId: string | undefined },
  now: number,
): readonly Message[] {
  advance(space, queue, now);
  order(queue);
  const found: Message[] = [];
  let bytes = 0;
  for (const message of queue.messages.values()) {
    if (found.length >= Math.min(query.count, MAX_PEEK_COUNT)) break;
    if (message.sequence < query.fromSequence) continue;
    if (query.sessionId !== undefined && message.sessionId !== query.sessionId) continue;
    bytes += message.bytes;
    if (bytes > MAX_PEEK_BYTES && found.length > 0) break;
    found.push(message);
  }
  return found;
}

/** Deletes up to `count` deliverable messages enqueued before `before`; returns how many. */
export function purge(space: Space, queue: Queue, count: number, before: number, now: number): number {
  advance(space, queue, now);
  order(queue);
  let deleted = 0;
  for (const message of queue.messages.values()) {
    if (deleted >= count) break;
    if (message.state !== "ready" || message.enqueuedAt > before) continue;
    record(space, { kind: "remove", queue: queue.name, sequence: message.sequence });
    remove(queue, message);
    deleted += 1;
  }
  return deleted;
}

export interface QueueFigures {
  readonly name: string;
  readonly active: number;
  readonly locked: number;
  readonly scheduled: number;
  readonly deferred: number;
  readonly deadLettered: number;
  readonly bytes: number;
}

/** Counts per state; `active` are the deliverable ones without those that are locked. */
export const figures = (queue: Queue): QueueFigures => ({
  name: queue.options.name,
  active: queue.counts.ready,
  locked: queue.counts.locked,
  scheduled: queue.counts.scheduled,
  deferred: queue.counts.deferred,
  deadLettered: queue.deadLetters?.messages.size ?? 0,
  bytes: accountOf(queue).bytes,
});
