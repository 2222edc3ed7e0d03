// Looking at messages without taking them.
import { accountOf } from "./queue.ts";
import { advance } from "./time.ts";
import type { Message, Queue, Space } from "./types.ts";

/** A reply to a peek stays below this, whatever the client asked for. */
const MAX_PEEK_BYTES = 1_048_576;
const MAX_PEEK_COUNT = 1000;

/** Messages in any state from `fromSequence` on, in the order in which they came; at least one if there is one. */
export function peek(
  space: Space,
  queue: Queue,
  query: { readonly fromSequence: number; readonly count: number },
  now: number,
): readonly Message[] {
  advance(space, queue, now);
  const found: Message[] = [];
  let bytes = 0;
  for (const message of queue.messages.values()) {
    if (found.length >= Math.min(query.count, MAX_PEEK_COUNT)) break;
    if (message.sequence < query.fromSequence) continue;
    bytes += message.bytes;
    if (bytes > MAX_PEEK_BYTES && found.length > 0) break;
    found.push(message);
  }
  return found;
}

export interface QueueFigures {
  readonly name: string;
  readonly active: number;
  readonly locked: number;
  readonly scheduled: number;
  readonly deadLettered: number;
  readonly bytes: number;
}

/** Counts per state; `active` are the deliverable ones without those that are locked. */
export const figures = (queue: Queue): QueueFigures => ({
  name: queue.options.name,
  active: queue.counts.ready,
  locked: queue.counts.locked,
  scheduled: queue.counts.scheduled,
  deadLettered: queue.deadLetters?.messages.size ?? 0,
  bytes: accountOf(queue).bytes,
});
