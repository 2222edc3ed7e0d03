// Settling a locked message: complete or abandon.
import { ok, type Result } from "../../../shared/kernel/result.ts";
import { record, remove } from "./queue.ts";
import { messageLockLost, sessionLockLost, type Refusal } from "./refusals.ts";
import { returnMessage } from "./release.ts";
import { advance } from "./time.ts";
import type { MessageLock, Queue, Space } from "./types.ts";

export type Disposition = "complete" | "abandon";

function apply(space: Space, queue: Queue, { message }: MessageLock, how: Disposition, now: number): void {
  if (how === "abandon") {
    returnMessage(space, queue, message, now, { counts: true, sync: true });
    return;
  }
  record(space, { kind: "remove", queue: queue.name, sequence: message.sequence });
  remove(queue, message);
}

/** Settles the messages of the given locks: all or none. */
export function settle(
  space: Space,
  queue: Queue,
  lockIds: readonly number[],
  how: Disposition,
  now: number,
): Result<undefined, Refusal> {
  advance(space, queue, now);
  const locks: MessageLock[] = [];
  for (const id of lockIds) {
    const lock = queue.locks.get(id);
    if (lock === undefined)
      return queue.options.requiresSession ? sessionLockLost("of this message") : messageLockLost();
    locks.push(lock);
  }
  queue.counters.settlements += locks.length;
  for (const lock of locks) if (lock.message.lock === lock) apply(space, queue, lock, how, now);
  return ok(undefined);
}
