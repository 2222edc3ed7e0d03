// HTTP bodies of checks and health.

import { defined } from "../kernel/defined.ts";
import { z } from "zod";
import { dateTime, rfc3339 } from "../kernel/rfc3339.ts";
import { healthOf, type Check } from "./check.ts";
import examples from "./examples.json" with { type: "json" };

const stepView = z.object({
  name: z.string(),
  outcome: z.enum(["passed", "failed", "skipped"]),
  durationMs: z.number(),
  failure: z.object({ class: z.enum(["transient", "permanent"]), message: z.string() }).optional(),
});

export const checkView = z
  .object({
    organisationId: z.string(),
    kind: z.literal("functional"),
    slot: dateTime,
    at: dateTime,
    outcome: z.enum(["passed", "failed", "notRun"]),
    reason: z.string().optional(),
    version: z.string().optional(),
    durationMs: z.number().optional(),
    failedStep: z.string().optional(),
    severity: z.enum(["critical", "warning"]).optional(),
    steps: z.array(stepView).optional(),
  })
  .meta({ examples: examples.check });

export const healthView = z
  .object({
    organisationId: z.string(),
    health: z.enum(["healthy", "failing", "maintenance", "unknown"]),
    version: z.string().optional().describe("As the organisation last reported it."),
    checkedAt: dateTime.optional(),
    latest: checkView.optional(),
  })
  .meta({ examples: examples.health });

export const checkRequestedView = z
  .object({ organisationId: z.string(), slot: dateTime })
  .meta({ examples: examples.requested });

export function viewCheck(check: Check): z.infer<typeof checkView> {
  const { result } = check;
  return {
    organisationId: check.organisationId,
    kind: "functional",
    slot: rfc3339(check.slot),
    at: rfc3339(check.at),
    outcome: check.outcome,
    ...defined({ reason: check.reason }),
    ...(result === undefined ? {} : viewResult(result)),
  };
}

function viewResult(result: NonNullable<Check["result"]>) {
  const { version, durationMs, failedStep, severity, steps } = result;
  return {
    durationMs,
    steps,
    ...defined({ version, failedStep, severity }),
  };
}

/** `recent`: the last checks, newest first; the version comes from the latest that read one. */
export function viewHealth(organisationId: string, recent: readonly Check[]): z.infer<typeof healthView> {
  const latest = recent[0];
  const version = recent.find((check) => check.result?.version !== undefined)?.result?.version;
  return {
    organisationId,
    health: healthOf(latest),
    ...defined({ version, checkedAt: rfc3339(latest?.at) }),
    ...(latest === undefined ? {} : { latest: viewCheck(latest) }),
  };
}
