// Messages of the queue `functional-checks`.

import { MINUTE_MS } from "../kernel/time/durations.ts";
import { z } from "zod";
import { againSlot } from "../platform/bus/retry-slot.ts";
import type { OutgoingMessage } from "../platform/bus/bus.ts";

export const checkRequestSchema = z.object({
  organisationId: z.string().max(100),
  slot: z.int().nonnegative(),
  /** `sweep` removes what checks that died have left in the organisation. */
  task: z.enum(["check", "sweep"]),
});
export type CheckRequest = Readonly<z.infer<typeof checkRequestSchema>>;

export const checkRequestMessage = (request: CheckRequest): OutgoingMessage => ({
  body: request,
  messageId: `${request.organisationId}:${request.task}:${request.slot}`,
});

const AGAIN = { gridMs: 15_000, longestMs: 15_000 };
/** The queue's time to live: after that the next regular check says more. */
const WORTH_MS = 30 * MINUTE_MS;

/** The same request later, after a transient failure; undefined when it is too old to be worth it. */
export function retryCheckMessage(request: CheckRequest, now: number): OutgoingMessage | undefined {
  if (now > request.slot + WORTH_MS) return undefined;
  const { at } = againSlot(AGAIN, now);
  const { body, messageId } = checkRequestMessage(request);
  return { body, messageId: `${messageId}:${at}`, scheduledAt: at };
}
