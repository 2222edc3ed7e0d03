// The broker for simulations, receiving side included: sessions with locks that can be lost, delivery counts and
// dead-lettering, scheduling and duplicate detection, by what shared/capabilities.ts declares.

import { PermanentFailure } from "../../../shared/kernel/failures.ts";
import { checkMessage } from "../../../shared/platform/bus/bus-messages.ts";
import type { Bus, OutgoingMessage } from "../../../shared/platform/bus/bus.ts";
import { QUEUES } from "../../../shared/capabilities.ts";

interface Message {
  readonly id: string;
  readonly session: string;
  readonly body: unknown;
  readonly order: number;
  readonly dueAt: number;
  deliveries: number;
}

export interface Delivery {
  readonly queue: string;
  readonly session: string;
  readonly message: Readonly<Message>;
  /** 1 at the first delivery, as the broker counts. */
  readonly count: number;
}

export interface SimBroker extends Bus {
  /** Sessions that have a message for a worker and are locked by nobody; in the order in which they got it. */
  readySessions(queue: string): readonly string[];
  accept(queue: string, session: string): Delivery;
  /** True when the message was still locked by this delivery: it is gone. */
  complete(delivery: Delivery): boolean;
  /** The worker gave the message back, died, or its lock ran out: somebody else may get it. */
  release(delivery: Delivery): void;
  isHeld(delivery: Delivery): boolean;
  /** The head of a ready session ends in the dead-letter queue. */
  expire(queue: string, session: string): void;
  /** Messages of a session, waiting, scheduled or locked. */
  countOf(queue: string, session: string): number;
  nextDueAt(): number | undefined;
  /** When the next message of a session may be taken, or was; Infinity when it has none. */
  nextDueOf(queue: string, session: string): number;
  readonly deadLettered: number;
}

const DUPLICATE_WINDOW_MS = 10 * 60_000;
/** "PT10M", checked so that a changed contract does not go unnoticed here. */
for (const queue of QUEUES.filter(({ requiresSession }) => requiresSession)) {
  if (queue.duplicateDetectionHistoryTimeWindow !== "PT10M") {
    throw new Error(`Queue ${queue.name}: the simulated broker knows a duplicate-detection window of PT10M only.`);
  }
}

interface Queue {
  readonly maxDeliveryCount: number;
  readonly sessions: Map<string, Message[]>;
  /** By due time, ascending. */
  readonly scheduled: Message[];
  readonly locks: Map<string, Delivery>;
  /** Message id -> when it was accepted, oldest first. */
  readonly seen: Map<string, number>;
  readonly counts: Map<string, number>;
}

interface Options {
  readonly now: () => number;
  /** A defect, for the mutation list. */
  readonly keepsDuplicates?: boolean;
}

export function simBroker(options: Options): SimBroker {
  const queues = new Map(QUEUES.map((one) => [one.name, emptyQueue(one.maxDeliveryCount)]));
  let order = 0;
  let deadLettered = 0;
  const queueOf = (name: string): Queue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new PermanentFailure(`Queue ${name} does not exist.`);
    promote(queue, options.now());
    return queue;
  };
  const accept = (queue: Queue, { messageId, sessionId, body, scheduledAt }: OutgoingMessage): void => {
    const now = options.now();
    if (options.keepsDuplicates !== true && isDuplicate(queue, messageId, now)) return;
    queue.seen.set(messageId, now);
    order += 1;
    const session = sessionId ?? "";
    const dueAt = Math.max(scheduledAt ?? now, now);
    enqueue(queue, { id: messageId, session, body: structuredClone(body), order, dueAt, deliveries: 0 }, now);
  };
  const deadLetter = (queue: Queue, session: string): void => {
    deadLettered += 1;
    takeHead(queue, session);
  };
  return {
    async send(name, messages) {
      const queue = queueOf(name);
      for (const message of messages) {
        checkMessage(name, message);
        if (message.sessionId === undefined) throw new PermanentFailure(`Queue ${name} needs session ids.`);
      }
      for (const message of messages) accept(queue, message);
    },
    close: async () => {},
    readySessions(name) {
      const { sessions, locks } = queueOf(name);
      return [...sessions.keys()].filter((session) => !locks.has(session));
    },
    accept(name, session) {
      const queue = queueOf(name);
      const message = queue.sessions.get(session)?.[0];
      if (message === undefined || queue.locks.has(session)) throw new Error(`Session ${session} is not ready.`);
      message.deliveries += 1;
      const delivery: Delivery = { queue: name, session, message, count: message.deliveries };
      queue.locks.set(session, delivery);
      return delivery;
    },
    complete(delivery) {
      const queue = queueOf(delivery.queue);
      if (queue.locks.get(delivery.session) !== delivery) return false;
      queue.locks.delete(delivery.session);
      takeHead(queue, delivery.session);
      return true;
    },
    release(delivery) {
      const queue = queueOf(delivery.queue);
      if (queue.locks.get(delivery.session) !== delivery) return;
      queue.locks.delete(delivery.session);
      if (delivery.count >= queue.maxDeliveryCount) deadLetter(queue, delivery.session);
    },
    isHeld: (delivery) => queueOf(delivery.queue).locks.get(delivery.session) === delivery,
    expire: (name, session) => deadLetter(queueOf(name), session),
    countOf: (name, session) => queueOf(name).counts.get(session) ?? 0,
    nextDueOf(name, session) {
      const { sessions, scheduled } = queueOf(name);
      const next = sessions.get(session)?.[0] ?? scheduled.find((message) => message.session === session);
      return next?.dueAt ?? Infinity;
    },
    nextDueAt() {
      const times = [...queues.values()].flatMap(({ scheduled }) => scheduled[0]?.dueAt ?? []);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    get deadLettered() {
      return deadLettered;
    },
  };
}

const emptyQueue = (maxDeliveryCount: number): Queue => ({
  maxDeliveryCount,
  sessions: new Map(),
  scheduled: [],
  locks: new Map(),
  seen: new Map(),
  counts: new Map(),
});

function enqueue(queue: Queue, message: Message, now: number): void {
  queue.counts.set(message.session, (queue.counts.get(message.session) ?? 0) + 1);
  if (message.dueAt <= now) append(queue, message);
  else queue.scheduled.splice(placeOf(queue.scheduled, message), 0, message);
}

/** A scheduled message takes its place in its session when it becomes due. */
function promote(queue: Queue, now: number): void {
  let due = 0;
  while ((queue.scheduled[due]?.dueAt ?? Infinity) <= now) due += 1;
  if (due > 0) for (const message of queue.scheduled.splice(0, due)) append(queue, message);
}

function append({ sessions }: Queue, message: Message): void {
  const session = sessions.get(message.session);
  if (session === undefined) sessions.set(message.session, [message]);
  else session.push(message);
}

function takeHead({ sessions, counts }: Queue, session: string): void {
  const messages = sessions.get(session);
  messages?.shift();
  if (messages?.length === 0) sessions.delete(session);
  counts.set(session, (counts.get(session) ?? 1) - 1);
}

function placeOf(scheduled: readonly Message[], { dueAt }: Message): number {
  let low = 0;
  let high = scheduled.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((scheduled[middle]?.dueAt ?? 0) <= dueAt) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Also forgets ids whose window is over: they stand first, because a map keeps the order of insertion. */
function isDuplicate({ seen }: Queue, id: string, now: number): boolean {
  for (const [known, acceptedAt] of seen) {
    if (now - acceptedAt < DUPLICATE_WINDOW_MS) break;
    seen.delete(known);
  }
  return seen.has(id);
}
