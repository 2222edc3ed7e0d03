// From records back to state, and from state to the records of a snapshot.
import { dropLock, insert, makeReady, remove, wakeAt } from "./queue.ts";
import type { EngineRecord } from "./records.ts";
import { returnMessage } from "./release.ts";
import { tick } from "./time.ts";
import { buildMessage } from "./transfer.ts";
import type { Queue, Space } from "./types.ts";

function replayMove(space: Space, queue: Queue, entry: Extract<EngineRecord, { kind: "move" }>): void {
  const message = queue.messages.get(entry.sequence);
  const target = space.queues.get(entry.toQueue);
  if (message === undefined) return;
  remove(queue, message);
  if (target === undefined) return;
  insert(
    space,
    target,
    buildMessage(space, target, { ...message, ...entry, sequence: entry.toSequence, state: "ready" }),
  );
}

function replayReturn(space: Space, queue: Queue, entry: Extract<EngineRecord, { kind: "return" }>): void {
  const message = queue.messages.get(entry.sequence);
  if (message === undefined) return;
  dropLock(queue, message);
  message.wasLocked = false;
  message.deliveryCount = entry.deliveryCount;
  // The number of a ready message is still in its list: nothing is taken from lists while replaying.
  if (message.state !== "ready") makeReady(space, queue, message);
}

/** Applies one record. Returns false when its queue no longer exists: what it held is dropped. */
export function replay(space: Space, entry: EngineRecord): boolean {
  const queue = space.queues.get(entry.queue);
  if (queue === undefined) return false;
  switch (entry.kind) {
    case "put":
      insert(space, queue, buildMessage(space, queue, entry));
      break;
    case "remove": {
      const message = queue.messages.get(entry.sequence);
      if (message !== undefined) remove(queue, message);
      break;
    }
    case "lock": {
      const message = queue.messages.get(entry.sequence);
      if (message !== undefined) message.wasLocked = true;
      break;
    }
    case "return":
      replayReturn(space, queue, entry);
      break;
    case "move":
      replayMove(space, queue, entry);
      break;
    case "seen":
      queue.history.set(entry.messageId, { until: entry.until, sequence: entry.sequence });
      wakeAt(space, queue, entry.until);
      break;
    case "sequence":
      queue.lastSequence = Math.max(queue.lastSequence, entry.last);
  }
  return true;
}

/** After the last record: what was locked when the broker died counts as delivered once more, as if its lock expired. */
export function finishRecovery(space: Space, now: number): void {
  for (const queue of space.queues.values()) {
    const interrupted = [...queue.messages.values()].filter((message) => message.wasLocked);
    for (const message of interrupted) {
      message.wasLocked = false;
      // Its number joins the ready list a second time; the one that comes up later is skipped.
      returnMessage(space, queue, message, now, { counts: true, sync: true });
    }
  }
  tick(space, now);
}

function* snapshotOf(queue: Queue): Generator<EngineRecord> {
  yield { kind: "sequence", queue: queue.name, last: queue.lastSequence };
  for (const [messageId, seen] of queue.history) yield { kind: "seen", queue: queue.name, messageId, ...seen };
  for (const message of queue.messages.values()) {
    const { lock, state, ...rest } = message;
    if (state === "gone") continue;
    yield { kind: "put", queue: queue.name, ...rest, state: state === "locked" ? "ready" : state };
    if (lock !== undefined) yield { kind: "lock", queue: queue.name, sequence: message.sequence };
  }
}

/** Records that lead to the present state. They refer to live state: consume them before the next command. */
export function* snapshot(space: Space): Generator<EngineRecord> {
  for (const queue of space.queues.values()) yield* snapshotOf(queue);
}
