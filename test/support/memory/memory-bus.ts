// Bus in memory for tests and simulations: sessions, scheduling and duplicate detection on an injected clock.
import { PermanentFailure } from "../../../shared/kernel/failures.ts";
import { checkMessage } from "../../../shared/platform/bus/bus-messages.ts";
import type { Bus, OutgoingMessage } from "../../../shared/platform/bus/bus.ts";
import type { Clock } from "../../../shared/platform/clock/clock.ts";

/** A queue as declared in a resources.ts; other properties are ignored. */
export interface QueueDescription {
  readonly name: string;
  readonly requiresSession?: boolean;
  readonly requiresDuplicateDetection?: boolean;
  /** ISO 8601, days to seconds, e.g. PT10M. */
  readonly duplicateDetectionHistoryTimeWindow?: string;
}

export interface QueuedMessage {
  /** Position in the queue, ascending in the order of acceptance. */
  readonly sequence: number;
  readonly messageId: string;
  readonly sessionId: string | undefined;
  /** A copy, as JSON would carry it. */
  readonly body: unknown;
  /** Milliseconds since the epoch from which it may be delivered. */
  readonly dueAt: number;
}

export interface MemoryBus extends Bus {
  /** The messages that may be delivered at `now`, in order of delivery; they stay in the queue. */
  due(queue: string, now: number): readonly QueuedMessage[];
  /** Everything in the queue, due or not, in order of delivery. */
  all(queue: string): readonly QueuedMessage[];
  /** When the next message of any queue is due; undefined when all queues are empty. */
  nextDueAt(): number | undefined;
  /** Takes a message out of the queue, as a worker does that has handled it. False when it is not there. */
  complete(queue: string, message: QueuedMessage): boolean;
}

interface Queue {
  readonly requiresSession: boolean;
  /** 0: no duplicate detection. */
  readonly windowMs: number;
  messages: QueuedMessage[];
  /** Message id -> when it was accepted. */
  readonly seen: Map<string, number>;
}

export function memoryBus(options: { readonly clock: Clock; readonly queues: readonly QueueDescription[] }): MemoryBus {
  const queues = new Map(options.queues.map((description) => [description.name, emptyQueue(description)]));
  let sequence = 0;
  let isClosed = false;
  const queue = (name: string): Queue => {
    const known = queues.get(name);
    if (known === undefined) throw new PermanentFailure(`Queue ${name} does not exist.`);
    return known;
  };
  const accept = (target: Queue, message: OutgoingMessage, now: number): void => {
    if (isDuplicate(target, message.messageId, now)) return;
    target.seen.set(message.messageId, now);
    sequence += 1;
    const { messageId, sessionId, scheduledAt = now } = message;
    const body: unknown = JSON.parse(JSON.stringify(message.body));
    target.messages.push({ sequence, messageId, sessionId, body, dueAt: Math.max(scheduledAt, now) });
    // A scheduled message takes its place when it becomes due.
    target.messages.sort((a, b) => a.dueAt - b.dueAt || a.sequence - b.sequence);
  };
  return {
    send: async (name, messages) => {
      if (isClosed) throw new PermanentFailure(`The bus is closed; nothing can be sent to queue ${name}.`);
      const target = queue(name);
      for (const message of messages) {
        checkMessage(name, message);
        if (target.requiresSession && message.sessionId === undefined) {
          throw new PermanentFailure(`Message ${message.messageId} for queue ${name} needs a session id.`);
        }
      }
      for (const message of messages) accept(target, message, options.clock.now());
    },
    close: async () => {
      isClosed = true;
    },
    due: (name, now) => queue(name).messages.filter(({ dueAt }) => dueAt <= now),
    all: (name) => [...queue(name).messages],
    nextDueAt: () => {
      const times = [...queues.values()].flatMap(({ messages }) => messages[0]?.dueAt ?? []);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    complete: (name, message) => {
      const target = queue(name);
      const before = target.messages.length;
      target.messages = target.messages.filter((queued) => queued.sequence !== message.sequence);
      return target.messages.length < before;
    },
  };
}

function emptyQueue(description: QueueDescription): Queue {
  const window = description.duplicateDetectionHistoryTimeWindow ?? "PT10M";
  return {
    requiresSession: description.requiresSession ?? false,
    windowMs: description.requiresDuplicateDetection === true ? durationMs(window) : 0,
    messages: [],
    seen: new Map(),
  };
}

/** Also forgets ids whose window is over: they stand first, because the map keeps the order of acceptance. */
function isDuplicate(queue: Queue, messageId: string, now: number): boolean {
  for (const [id, acceptedAt] of queue.seen) {
    if (now - acceptedAt < queue.windowMs) break;
    queue.seen.delete(id);
  }
  return queue.seen.has(messageId);
}

function durationMs(text: string): number {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (parts === null) throw new PermanentFailure(`"${text}" is no ISO 8601 duration of days to seconds.`);
  const [days, hours, minutes, seconds] = [1, 2, 3, 4].map((index) => Number(parts[index] ?? 0));
  return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000;
}
