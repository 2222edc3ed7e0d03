// Building blocks for tests of the queue engine: no clock, no network, no disk.
import { createSpace } from "../../../local/servicebus/engine/queue.ts";
import type { EngineRecord } from "../../../local/servicebus/engine/records.ts";
import type { IncomingMessage, Queue, QueueOptions, Space } from "../../../local/servicebus/engine/types.ts";
import type { Result } from "../../../shared/kernel/result.ts";

export const DEFAULTS: QueueOptions = {
  name: "q",
  lockDurationMs: 1000,
  maxDeliveryCount: 3,
  defaultTtlMs: Number.POSITIVE_INFINITY,
  requiresSession: false,
  duplicateWindowMs: 0,
  deadLetterOnExpiry: false,
  maxBytes: 1_000_000,
};

export function spaceOf(...queues: readonly Partial<QueueOptions>[]): Space {
  return createSpace(
    queues.map((options) => ({ ...DEFAULTS, ...options })),
    true,
  );
}

export function queueIn(space: Space, name = "q"): Queue {
  const queue = space.queues.get(name);
  if (queue === undefined) throw new Error(`no queue ${name}`);
  return queue;
}

/** One queue, alone. */
export function engineOf(options: Partial<QueueOptions> = {}): { readonly space: Space; readonly queue: Queue } {
  const space = spaceOf(options);
  return { space, queue: queueIn(space) };
}

export const deadLettersOf = (space: Space, name = "q"): Queue => queueIn(space, `${name}/$deadletterqueue`);

export const message = (messageId: string, more: Partial<IncomingMessage> = {}): IncomingMessage => ({
  messageId,
  sessionId: undefined,
  ttlMs: undefined,
  scheduledAt: undefined,
  content: { durable: false, priority: undefined, annotations: new Uint8Array(0), payload: Buffer.from(messageId) },
  ...more,
});

export function value<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

export const conditionOf = (result: Result<unknown, { readonly condition: string }>): string =>
  result.ok ? "ok" : result.error.condition;

/** Takes what the engine wrote since the last call. */
export function recordsOf(space: Space): EngineRecord[] {
  const { records } = space.out;
  space.out.records = [];
  return records;
}
