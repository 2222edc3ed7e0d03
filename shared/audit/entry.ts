// An entry of the audit log: who did what to what, when, and how it ended.

import { z } from "zod";
import { instant } from "../kernel/rfc3339.ts";

export const concludedSchema = z.object({
  /** `refused`: nothing was done. `failed`: whether something was done is not known. */
  outcome: z.enum(["succeeded", "refused", "failed"]),
  /** Code of a problem, or name of an error. */
  code: z.string().optional(),
  /** What was answered to an HTTP call. */
  status: z.int().optional(),
  concludedAt: instant,
});
export type Concluded = Readonly<z.infer<typeof concludedSchema>>;

export const intentSchema = z.object({
  entryId: z.string(),
  /** When it was about to begin. */
  at: instant,
  /** Text form of an Actor, e.g. `tool:operator-a`. */
  actor: z.string(),
  action: z.string(),
  target: z.record(z.string(), z.string()),
  /** Values are JSON as text, shortened and without secrets. */
  details: z.record(z.string(), z.string()),
  traceId: z.string(),
});

/** Only the intent, or, of somebody who was not allowed to act, both in one. */
export const entrySchema = intentSchema.extend(concludedSchema.partial().shape);

/** Without `outcome` it is unknown: the act is under way, or the process died in it. */
export type Entry = Readonly<z.infer<typeof entrySchema>>;
