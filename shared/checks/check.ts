// One functional check of one organisation: a run of the functional suite at one slot, or the reason why none was run.

import { z } from "zod";
import { functionalResultSchema, type FunctionalResult } from "../docuware/functional-suite/functional-result.ts";

export const checkSchema = z.object({
  organisationId: z.string(),
  /** The moment for which it was due; with the organisation it names the check. Milliseconds since the epoch. */
  slot: z.int().nonnegative(),
  at: z.int().nonnegative(),
  outcome: z.enum(["passed", "failed", "notRun"]),
  /** Why it was not run. */
  reason: z.string().optional(),
  result: functionalResultSchema.optional(),
});
export type Check = Readonly<z.infer<typeof checkSchema>>;

export const ranCheck = (slot: number, result: FunctionalResult): Check => ({
  organisationId: result.organisationId,
  slot,
  at: result.startedAt,
  outcome: result.outcome,
  result,
});

/** What support reads first. */
export type Health = "healthy" | "failing" | "maintenance" | "unknown";

export function healthOf(latest: Check | undefined): Health {
  switch (latest?.outcome) {
    case undefined:
      return "unknown";
    case "passed":
      return "healthy";
    case "failed":
      return "failing";
    case "notRun":
      return "maintenance";
  }
}
