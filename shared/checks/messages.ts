// Messages of the queue `functional-checks`.

import { z } from "zod";
import type { OutgoingMessage } from "../platform/bus.ts";

export const CHECK_QUEUE = "functional-checks";

export const checkRequestSchema = z.object({
  organisationId: z.string().max(100),
  slot: z.int().nonnegative(),
});
export type CheckRequest = Readonly<z.infer<typeof checkRequestSchema>>;

export const checkMessage = (request: CheckRequest): OutgoingMessage => ({
  body: request,
  messageId: `${request.organisationId}:${request.slot}`,
});
