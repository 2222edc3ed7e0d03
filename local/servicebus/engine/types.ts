// The nouns of the queue engine. Values only: no clock, no I/O, no AMQP.
import type { MinHeap } from "./min-heap.ts";
import type { ReadyList } from "./ready-list.ts";
import type { Content, EngineRecord, Properties } from "./records.ts";

/** Durations in milliseconds; `Infinity` where Azure allows "never". */
export interface QueueOptions {
  readonly name: string;
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  readonly defaultTtlMs: number;
  readonly requiresSession: boolean;
  /** 0 = no duplicate detection. */
  readonly duplicateWindowMs: number;
  readonly deadLetterOnExpiry: boolean;
  /** All messages of the queue and its dead-letter queue together. */
  readonly maxBytes: number;
}

export interface IncomingMessage {
  readonly messageId: string;
  readonly sessionId: string | undefined;
  readonly ttlMs: number | undefined;
  readonly scheduledAt: number | undefined;
  readonly content: Content;
}

export type MessageState = "ready" | "locked" | "scheduled" | "gone";

export interface Message {
  readonly sequence: number;
  readonly enqueuedSequence: number;
  readonly messageId: string;
  readonly sessionId: string | undefined;
  readonly enqueuedAt: number;
  /** Effective time to live (the sender's, bounded by the queue's), `Infinity` = never. */
  readonly ttlMs: number;
  readonly expiresAt: number;
  readonly scheduledAt: number | undefined;
  readonly content: Content;
  readonly bytes: number;
  /** Number of the journal frame that holds the message: it is not delivered before that frame is durable. */
  readonly commit: number;
  deliveryCount: number;
  added: Properties;
  state: MessageState;
  lock: MessageLock | undefined;
  /** Only while recovering: the journal says that it was locked when the broker died. */
  wasLocked: boolean;
}

export interface MessageLock {
  readonly id: number;
  readonly message: Message;
  readonly session: SessionLock | undefined;
  until: number;
}

export interface SessionLock {
  readonly sessionId: string;
  readonly owner: number;
  readonly messages: Set<MessageLock>;
  until: number;
}

export interface Session {
  readonly id: string;
  readonly ready: ReadyList;
  lock: SessionLock | undefined;
  /** Head sequence under which the session stands in the queue's candidates, 0 = it does not. */
  candidate: number;
}

export interface Counters {
  sends: number;
  messagesAccepted: number;
  accepts: number;
  deliveries: number;
  settlements: number;
  managementRequests: number;
}

export interface HistoryEntry {
  readonly until: number;
  readonly sequence: number;
}

export interface Queue {
  readonly name: string;
  readonly options: QueueOptions;
  /** Set in a dead-letter queue: the queue it belongs to. */
  readonly parent: Queue | undefined;
  readonly deadLetters: Queue | undefined;
  readonly counters: Counters;
  readonly counts: Record<Exclude<MessageState, "gone">, number>;
  readonly ready: ReadyList;
  readonly sessions: Map<string, Session>;
  /** Insertion order is expiry order, because one queue has one lock duration and a renewal inserts anew. */
  readonly locks: Map<number, MessageLock>;
  /** Same order rule as `locks`. */
  readonly heldSessions: Map<string, SessionLock>;
  readonly candidates: MinHeap<string>;
  readonly schedule: MinHeap<number>;
  readonly expiries: MinHeap<number>;
  /** Message ids of the duplicate-detection window, oldest first. */
  readonly history: Map<string, HistoryEntry>;
  readonly messages: Map<number, Message>;
  lastSequence: number;
  bytes: number;
  /** When `tick` has something to do next. */
  wakeAt: number;
}

/** What a command did, for the journal and the links. The host empties it after every command. */
export interface Outbox {
  records: EngineRecord[];
  /** True when the caller's answer has to wait until the records are durable. */
  sync: boolean;
  readonly touchedQueues: Set<Queue>;
  readonly touchedOwners: Set<number>;
  lostSessions: SessionLock[];
}

export interface Space {
  /** By normalised name: lower case, dead-letter queues as `<queue>/$deadletterqueue`. */
  readonly queues: Map<string, Queue>;
  readonly out: Outbox;
  /** False = nothing is journalled. */
  readonly durable: boolean;
  lastLock: number;
  /** Frame number of the command that is running. */
  commit: number;
  wakeAt: number;
}
