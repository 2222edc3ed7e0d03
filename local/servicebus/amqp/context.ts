// What every part of the AMQP side shares.
import type { Queue } from "../engine/types.ts";
import type { Hub } from "../hub.ts";
import type { LockTokens } from "./lock-tokens.ts";
import type { SasKey } from "./sas.ts";

export interface Context {
  readonly hub: Hub;
  readonly tokens: LockTokens;
  readonly key: SasKey;
  readonly now: () => number;
  /** A fresh message id, 32 hexadecimal digits. */
  readonly newId: () => string;
  readonly log: (line: string) => void;
}

export const MAX_MESSAGE_BYTES = 262_144;

/** Larger transfers are not even gathered. Requests carry messages or session state of full size with room to spare. */
export const MAX_REQUEST_BYTES = 4 * MAX_MESSAGE_BYTES;

/** The queue of an address' entity part (already normalised). */
export const queueOf = (context: Context, entity: string): Queue | undefined => context.hub.space.queues.get(entity);
