// What the engine writes down. Each record is an effect, not a command: replaying needs no rule and no clock.
import type { Content, Properties } from "./types.ts";

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
  readonly state: "ready" | "deferred" | "scheduled";
  readonly added: Properties;
  readonly deadLetterSource: string | undefined;
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
      readonly state: "ready" | "deferred";
      readonly deliveryCount: number;
      readonly added: Properties;
    }
  /** Activation of a scheduled message, dead-lettering and forwarding: the content does not travel again. */
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
      readonly deadLetterSource: string | undefined;
    }
  | {
      readonly kind: "sessionState";
      readonly queue: string;
      readonly sessionId: string;
      readonly state: Uint8Array | undefined;
    }
  | {
      readonly kind: "seen";
      readonly queue: string;
      readonly messageId: string;
      readonly until: number;
      readonly sequence: number;
    }
  | { readonly kind: "sequence"; readonly queue: string; readonly last: number };
