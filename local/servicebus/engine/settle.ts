// Settling a locked message: complete, abandon, defer, dead-letter.
import { ok, type Result } from "../../../shared/kernel/result.ts";
import { record, remove } from "./queue.ts";
import { messageLockLost, notAllowed, sessionLockLost, type Refusal } from "./refusals.ts";
import { returnMessage } from "./release.ts";
import { advance } from "./time.ts";
import { deadLetter, reason } from "./transfer.ts";
import type { Properties } from "./records.ts";
import type { MessageLock, Queue, Space } from "./types.ts";

export type Disposition =
  | { readonly kind: "complete" }
  | { readonly kind: "abandon"; readonly properties: Properties }
  | { readonly kind: "defer"; readonly properties: Properties }
  | {
      readonly kind: "deadLetter";
      readonly reason: string | undefined;
      readonly description: string | undefined;
      readonly properties: Properties;
    };

function apply(space: Space, queue: Queue, lock: MessageLock, how: Disposition, now: number): void {
  const { message } = lock;
  switch (how.kind) {
    case "complete":
      record(space, { kind: "remove", queue: queue.name, sequence: message.sequence });
      remove(queue, message);
      return;
    case "abandon": {
      const state = lock.wasDeferred ? "deferred" : "ready";
      returnMessage(space, queue, message, now, { state, counts: true, added: how.properties, sync: true });
      return;
    }
    case "defer":
      returnMessage(space, queue, message, now, {
        state: "deferred",
        counts: false,
        added: how.properties,
        sync: true,
      });
      return;
    case "deadLetter": {
      const reasons = new Map([...how.properties, ...reason(how.reason, how.description)]);
      deadLetter(space, queue, message, reasons);
    }
  }
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
  if (how.kind === "deadLetter" && queue.parent !== undefined) {
    return notAllowed("A message of a dead-letter queue cannot be dead-lettered again.");
  }
  queue.counters.settlements += locks.length;
  for (const lock of locks) if (lock.message.lock === lock) apply(space, queue, lock, how, now);
  return ok(undefined);
}
