// The result of one functional test of one organisation, as it is kept and reported. Data only.

import { z } from "zod";

/**
 * The steps of the functional test in their order: one table for the runner, the tests and docs/states.md.
 * `severity`: what a failure means to customers. DocuWare calls login, search, storage and document access or display
 * business-critical; what they cannot work without counts as them, the rest is a warning.
 * `needs`: a step is skipped unless this one passed. `cleansUp`: it is run even when the outcome is already known.
 */
export const FUNCTIONAL_STEPS = [
  { name: "logIn", severity: "critical", needs: undefined, cleansUp: false },
  { name: "readVersion", severity: "warning", needs: "logIn", cleansUp: false },
  { name: "listCabinets", severity: "critical", needs: "logIn", cleansUp: false },
  { name: "readDialogs", severity: "critical", needs: "listCabinets", cleansUp: false },
  { name: "store", severity: "critical", needs: "readDialogs", cleansUp: false },
  { name: "findBySearch", severity: "critical", needs: "store", cleansUp: false },
  { name: "fetch", severity: "critical", needs: "store", cleansUp: false },
  { name: "download", severity: "critical", needs: "store", cleansUp: false },
  { name: "updateFields", severity: "warning", needs: "store", cleansUp: false },
  { name: "findByNewValue", severity: "critical", needs: "updateFields", cleansUp: false },
  { name: "delete", severity: "warning", needs: "store", cleansUp: true },
  { name: "confirmGone", severity: "warning", needs: "delete", cleansUp: false },
  { name: "purge", severity: "warning", needs: "delete", cleansUp: true },
  { name: "logOff", severity: "warning", needs: "logIn", cleansUp: true },
] as const;

export type FunctionalStepName = (typeof FUNCTIONAL_STEPS)[number]["name"];

const stepSchema = z.object({
  /** One of FUNCTIONAL_STEPS; a text here, so that kept results stay readable when the table changes. */
  name: z.string().min(1).max(40),
  outcome: z.enum(["passed", "failed", "skipped"]),
  /** Milliseconds; 0 when skipped. */
  durationMs: z.number().nonnegative(),
  failure: z
    .object({
      class: z.enum(["transient", "permanent"]),
      message: z.string().max(500),
      /** Answered 429 to the end of the step: there was no time to see whether it works. */
      isThrottled: z.boolean().optional(),
    })
    .optional(),
});

export const functionalResultSchema = z.object({
  organisationId: z.string().min(1).max(200),
  outcome: z.enum(["passed", "failed"]),
  /** What the Platform service reported, e.g. 7.13.0.42; absent when it was not read. */
  version: z.string().min(1).max(50).optional(),
  /** Milliseconds since the epoch. */
  startedAt: z.int().nonnegative(),
  durationMs: z.number().nonnegative(),
  steps: z.array(stepSchema).max(40),
  /** The first failed step of the worst severity; present, like `severity`, when the outcome is failed. */
  failedStep: z.string().min(1).max(40).optional(),
  severity: z.enum(["critical", "warning"]).optional(),
  /** False when a test document may be left in the organisation: sweepLeftovers finds it later. */
  cleanedUp: z.boolean(),
});

export type FunctionalResult = Readonly<z.infer<typeof functionalResultSchema>>;
export type StepResult = Readonly<z.infer<typeof stepSchema>>;
