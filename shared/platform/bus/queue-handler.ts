// How every queue is worked: read the message, act, and after a transient failure send the same work again for later. The
// host itself delivers a failed message again at once, and a storage that is away for seconds would use all deliveries up.

import type { InvocationContext } from "@azure/functions";
import { z } from "zod";
import { PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import type { Clock } from "../clock/clock.ts";
import type { PlatformLog } from "../signals.ts";
import type { Bus, OutgoingMessage } from "./bus.ts";

export interface QueueHandlerDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: PlatformLog;
}

export interface QueueWork<T> {
  readonly queue: string;
  /** Throws PermanentFailure with a sentence that a person can read on the incident of the dead letter. */
  readonly read: (message: unknown) => Read<T>;
  readonly act: (body: T, isFirstDelivery: boolean) => Promise<unknown>;
  /** The same work later; undefined where a timer comes to it anyway. */
  readonly retry: (body: T, failed: FailedAttempt) => OutgoingMessage | undefined;
}

export interface Read<T> {
  readonly body: T;
  /** What is wrong with a part of the message: thrown when the rest is done. */
  readonly unreadable?: PermanentFailure | undefined;
}

/** What decides when the work is tried again. Instants and durations in milliseconds. */
export interface FailedAttempt {
  readonly isFirstDelivery: boolean;
  readonly now: number;
  readonly retryAfterMs: number | undefined;
}

/** A handler of the Functions host. Throws what can never succeed: that message ends in the dead-letter queue. */
export const queueHandler =
  <T>({ bus, clock, log }: QueueHandlerDeps, { queue, read, act, retry }: QueueWork<T>) =>
  async (message: unknown, context: InvocationContext): Promise<void> => {
    const { body, unreadable } = read(message);
    // The broker counts deliveries from 1. Our bodies have no such name, so it cannot be overwritten from there.
    const isFirstDelivery = context.triggerMetadata?.["deliveryCount"] === 1;
    try {
      await act(body, isFirstDelivery);
    } catch (failure) {
      if (!(failure instanceof TransientFailure)) throw failure;
      const { retryAfterMs } = failure;
      const again = retry(body, { isFirstDelivery, now: clock.now(), retryAfterMs });
      if (again === undefined) log.event("message.leftToTimer", { queue, failure });
      else {
        log.event("message.postponed", { queue, session: again.sessionId, failure, retryAfterMs });
        await bus.send(queue, [again]);
      }
    }
    if (unreadable !== undefined) throw unreadable;
  };

/** `what`: what the message should be, e.g. "wake-up of an upgrade". */
export const readBy =
  <T>(schema: z.ZodType<T>, what: string) =>
  (message: unknown): Read<T> => {
    const parsed = schema.safeParse(message);
    if (parsed.success) return { body: parsed.data };
    throw new PermanentFailure(`The message is no ${what}: ${z.prettifyError(parsed.error)}`);
  };
