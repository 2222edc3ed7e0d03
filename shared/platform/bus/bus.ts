// Port of Service Bus queues, sending side (receiving is the trigger's work). `azure-bus.ts` implements it on
// @azure/service-bus, `memory-bus.ts` for tests and the simulation; both pass test/contract/platform/bus.suite.ts.

export interface OutgoingMessage {
  /** A JSON value. Its top-level names must not be those of the trigger's metadata (messageId, sessionId, ...). */
  readonly body: unknown;
  /** Deterministic: the queue drops a second message with the same id within its duplicate-detection window. */
  readonly messageId: string;
  readonly sessionId?: string;
  /** Milliseconds since the epoch before which the message must not be delivered. */
  readonly scheduledAt?: number;
  /** W3C trace context of the sender; travels as the application property of this name. Never part of what is decided. */
  readonly traceparent?: string;
}

export interface Bus {
  /**
   * Accepts all messages or throws (TransientFailure, PermanentFailure). Immediate ones travel as few batches as their
   * size allows; after a failure some may have arrived, so the caller sends all again with the same ids.
   */
  send(queue: string, messages: readonly OutgoingMessage[]): Promise<void>;
  close(): Promise<void>;
}

export interface QueueAge {
  /**
   * Since when the oldest message that may be delivered waits, in milliseconds since the epoch; undefined when none does.
   * Scheduled and deferred messages do not count; locked ones, which are worked on, do. Throws when the bus cannot be
   * reached within its limit.
   */
  waitingSince(queue: string): Promise<number | undefined>;
}
