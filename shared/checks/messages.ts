// Messages of the queue `functional-checks`.

import { z } from "zod";
import type { OutgoingMessage } from "../platform/bus.ts";

export const CHECK_QUEUE = "functional-checks";

export const checkRequestSchema = z.object({
  organisationId: z.string().max(100),
  slot: z.int().nonnegative(),
  /** `sweep` removes what checks that died have left in the organisation. */
  task: z.enum(["check", "sweep"]),
});
export type CheckRequest = Readonly<z.infer<typeof checkRequestSchema>>;

export const checkMessage = (request: CheckRequest): OutgoingMessage => ({
  body: request,
  messageId: `${request.organisationId}:${request.task}:${request.slot}`,
});
