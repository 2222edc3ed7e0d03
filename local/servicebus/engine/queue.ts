// State of one queue and the few mutations from which every command is built.
import { MinHeap } from "./min-heap.ts";
import { ReadyList } from "./ready-list.ts";
import type { EngineRecord } from "./records.ts";
import type { Message, MessageState, Queue, QueueOptions, Session, Space } from "./types.ts";

const DEAD_LETTER_SUFFIX = "/$deadletterqueue";

/** Bookkeeping that a message costs beside its bytes; part of the quota, so that many tiny messages are bounded too. */
export const MESSAGE_OVERHEAD = 256;

const emptyQueue = (name: string, options: QueueOptions, links: Pick<Queue, "parent" | "deadLetters">): Queue => ({
  name,
  options,
  ...links,
  counters: { sends: 0, messagesAccepted: 0, accepts: 0, deliveries: 0, settlements: 0, managementRequests: 0 },
  counts: { ready: 0, locked: 0, scheduled: 0 },
  ready: new ReadyList(),
  sessions: new Map(),
  locks: new Map(),
  heldSessions: new Map(),
  candidates: new MinHeap(),
  schedule: new MinHeap(),
  expiries: new MinHeap(),
  history: new Map(),
  messages: new Map(),
  lastSequence: 0,
  bytes: 0,
  wakeAt: Number.POSITIVE_INFINITY,
});

/** Adds the queue and its dead-letter queue, which has no sessions, no expiry and no delivery limit. */
function addQueue(space: Space, options: QueueOptions): void {
  const name = options.name.toLowerCase();
  const deadLetterOptions: QueueOptions = {
    name: `${options.name}${DEAD_LETTER_SUFFIX}`,
    lockDurationMs: options.lockDurationMs,
    maxDeliveryCount: Number.POSITIVE_INFINITY,
    defaultTtlMs: Number.POSITIVE_INFINITY,
    requiresSession: false,
    duplicateWindowMs: 0,
    deadLetterOnExpiry: false,
    maxBytes: options.maxBytes,
  };
  // The two point at each other; the parent's options are all that the dead-letter queue needs before it exists.
  const links: { parent: Queue | undefined; deadLetters: undefined } = { parent: undefined, deadLetters: undefined };
  const deadLetters: Queue = Object.assign(emptyQueue(`${name}${DEAD_LETTER_SUFFIX}`, deadLetterOptions, links), links);
  const queue = emptyQueue(name, options, { parent: undefined, deadLetters });
  Object.assign(deadLetters, { parent: queue });
  space.queues.set(queue.name, queue);
  space.queues.set(deadLetters.name, deadLetters);
}

export function createSpace(queues: readonly QueueOptions[], durable: boolean): Space {
  const space: Space = {
    queues: new Map(),
    out: { records: [], sync: false, touchedQueues: new Set(), touchedOwners: new Set(), lostSessions: [] },
    durable,
    lastLock: 0,
    commit: 0,
    wakeAt: Number.POSITIVE_INFINITY,
  };
  for (const options of queues) addQueue(space, options);
  return space;
}

/** Writes a record. `sync` records hold back the caller's answer until they are durable. */
export function record(space: Space, entry: EngineRecord, sync = true): void {
  if (!space.durable) return;
  space.out.records.push(entry);
  if (sync) space.out.sync = true;
}

export function wakeAt(space: Space, queue: Queue, time: number): void {
  if (time < queue.wakeAt) queue.wakeAt = time;
  if (time < space.wakeAt) space.wakeAt = time;
}

/** Bytes of a dead-letter queue count against the quota of its queue. */
export const accountOf = (queue: Queue): Queue => queue.parent ?? queue;

export const isReady =
  (queue: Queue) =>
  (sequence: number): boolean =>
    queue.messages.get(sequence)?.state === "ready";

export function sessionOf(queue: Queue, id: string): Session {
  const existing = queue.sessions.get(id);
  if (existing !== undefined) return existing;
  const created: Session = { id, ready: new ReadyList(), lock: undefined, candidate: 0 };
  queue.sessions.set(id, created);
  return created;
}

/** Forgets a session that nobody holds and that has no deliverable message. */
export function pruneSession(queue: Queue, session: Session): void {
  if (session.lock !== undefined) return;
  if (session.ready.first(isReady(queue)) === undefined) queue.sessions.delete(session.id);
}

/** Offers the session to the next receiver that takes any session, at the place of its oldest message. */
export function offerSession(queue: Queue, session: Session): void {
  if (session.lock !== undefined) return;
  const head = session.ready.first(isReady(queue));
  if (head === undefined || session.candidate === head) return;
  session.candidate = head;
  queue.candidates.push(head, session.id);
  queue.candidates.sweep(queue.sessions.size, (key, id) => queue.sessions.get(id)?.candidate === key);
}

export function setState(queue: Queue, message: Message, state: MessageState): void {
  if (message.state !== "gone") queue.counts[message.state] -= 1;
  message.state = state;
  if (state !== "gone") queue.counts[state] += 1;
}

/** Makes a message of the queue deliverable, at its place by sequence number. */
export function makeReady(space: Space, queue: Queue, message: Message): void {
  setState(queue, message, "ready");
  space.out.touchedQueues.add(queue);
  if (!queue.options.requiresSession) {
    queue.ready.add(message.sequence);
    return;
  }
  const session = sessionOf(queue, message.sessionId ?? "");
  session.ready.add(message.sequence);
  if (session.lock === undefined) offerSession(queue, session);
  else space.out.touchedOwners.add(session.lock.owner);
}

/** Adds a message to the queue's books in the state it carries. */
export function insert(space: Space, queue: Queue, message: Message): void {
  const state = message.state;
  message.state = "gone";
  queue.messages.set(message.sequence, message);
  if (message.sequence > queue.lastSequence) queue.lastSequence = message.sequence;
  accountOf(queue).bytes += message.bytes;
  if (state === "ready") makeReady(space, queue, message);
  else setState(queue, message, state);
  if (state === "scheduled" && message.scheduledAt !== undefined) {
    queue.schedule.push(message.scheduledAt, message.sequence);
    queue.schedule.sweep(queue.counts.scheduled, (_, sequence) => queue.messages.get(sequence)?.state === "scheduled");
    wakeAt(space, queue, message.scheduledAt);
  } else if (Number.isFinite(message.expiresAt)) {
    queue.expiries.push(message.expiresAt, message.sequence);
    queue.expiries.sweep(queue.messages.size, (_, sequence) => queue.messages.has(sequence));
    wakeAt(space, queue, message.expiresAt);
  }
}

/** Takes a message out of the queue's books. Its numbers in ready lists and heaps are skipped from now on. */
export function remove(queue: Queue, message: Message): void {
  dropLock(queue, message);
  setState(queue, message, "gone");
  queue.messages.delete(message.sequence);
  accountOf(queue).bytes -= message.bytes;
}

export function dropLock(queue: Queue, message: Message): void {
  const lock = message.lock;
  if (lock === undefined) return;
  queue.locks.delete(lock.id);
  lock.session?.messages.delete(lock);
  message.lock = undefined;
}
