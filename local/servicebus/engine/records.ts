// What the engine writes down. Each record is an effect, not a command: replaying needs no rule and no clock.

/** What the sender gave; never changed. Both buffers are encoded AMQP that the engine does not look into. */
export interface Content {
  readonly durable: boolean;
  readonly priority: number | undefined;
  /** Concatenated key/value pairs of the message annotations that the sender set. */
  readonly annotations: Uint8Array;
  /** Properties, application properties, body and footer sections exactly as received. */
  readonly payload: Uint8Array;
}

/** Application properties that the broker sets: why a message is in the dead-letter queue. */
export type Properties = ReadonlyMap<string, string>;

/** A message as it entered its queue (also how a snapshot holds it). */
export interface PutRecord {
  readonly kind: "put";
  readonly queue: string;
  readonly sequence: number;
  readonly enqueuedSequence: number;
  readonly messageId: string;
  readonly sessionId: string | undefined;
  readonly enqueuedAt: number;
  readonly ttlMs: number;
  readonly scheduledAt: number | undefined;
  readonly deliveryCount: number;
  readonly state: "ready" | "scheduled";
  readonly added: Properties;
  readonly content: Content;
}

export type EngineRecord =
  | PutRecord
  | { readonly kind: "remove"; readonly queue: string; readonly sequence: number }
  /** Written lazily: after a crash the message counts as delivered once more. */
  | { readonly kind: "lock"; readonly queue: string; readonly sequence: number }
  | {
      readonly kind: "return";
      readonly queue: string;
      readonly sequence: number;
      readonly deliveryCount: number;
    }
  /** Activation of a scheduled message, and dead-lettering: the content does not travel again. */
  | {
      readonly kind: "move";
      readonly queue: string;
      readonly sequence: number;
      readonly toQueue: string;
      readonly toSequence: number;
      readonly enqueuedAt: number;
      readonly ttlMs: number;
      readonly added: Properties;
      readonly deliveryCount: number;
    }
  | {
      readonly kind: "seen";
      readonly queue: string;
      readonly messageId: string;
      readonly until: number;
      readonly sequence: number;
    }
  | { readonly kind: "sequence"; readonly queue: string; readonly last: number };
