// HTTP bodies of checks and health.

import { z } from "zod";
import { optionalRfc3339, rfc3339 } from "../kernel/rfc3339.ts";
import { withExamples } from "../platform/http/example.ts";
import { healthOf, type Check } from "./check.ts";

const dateTime = z.iso.datetime({ offset: true });

const stepView = z.object({
  name: z.string(),
  outcome: z.enum(["passed", "failed", "skipped"]),
  durationMs: z.number(),
  failure: z.object({ class: z.enum(["transient", "permanent"]), message: z.string() }).optional(),
});

const STEPS: z.input<typeof stepView>[] = [
  { name: "logIn", outcome: "passed", durationMs: 212 },
  { name: "readVersion", outcome: "failed", durationMs: 10_100, failure: { class: "transient", message: "no answer" } },
  { name: "listCabinets", outcome: "skipped", durationMs: 0 },
];
const EXAMPLE = {
  organisationId: "alpine-logistics",
  kind: "functional" as const,
  slot: "2026-11-28T16:05:00.000Z",
  at: "2026-11-28T16:05:02.113Z",
  outcome: "failed" as const,
  version: "7.12.1.100",
  durationMs: 10_312,
  failedStep: "readVersion",
  severity: "critical" as const,
  steps: STEPS,
};

export const checkView = withExamples(
  z.object({
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
  }),
  EXAMPLE,
);

export const healthView = withExamples(
  z.object({
    organisationId: z.string(),
    health: z.enum(["healthy", "failing", "maintenance", "unknown"]),
    version: z.string().optional().describe("As the organisation last reported it."),
    checkedAt: dateTime.optional(),
    latest: checkView.optional(),
  }),
  {
    organisationId: EXAMPLE.organisationId,
    health: "failing",
    version: "7.12.1.100",
    checkedAt: EXAMPLE.at,
    latest: EXAMPLE,
  },
);

export const checkRequestedView = withExamples(z.object({ organisationId: z.string(), slot: dateTime }), {
  organisationId: EXAMPLE.organisationId,
  slot: EXAMPLE.slot,
});

export function viewCheck(check: Check): z.infer<typeof checkView> {
  const { result } = check;
  return {
    organisationId: check.organisationId,
    kind: "functional",
    slot: rfc3339(check.slot),
    at: rfc3339(check.at),
    outcome: check.outcome,
    ...(check.reason === undefined ? {} : { reason: check.reason }),
    ...(result === undefined ? {} : viewResult(result)),
  };
}

function viewResult(result: NonNullable<Check["result"]>) {
  const { version, durationMs, failedStep, severity, steps } = result;
  return {
    durationMs,
    steps,
    ...(version === undefined ? {} : { version }),
    ...(failedStep === undefined ? {} : { failedStep }),
    ...(severity === undefined ? {} : { severity }),
  };
}

/** `recent`: the last checks, newest first; the version comes from the latest that read one. */
export function viewHealth(organisationId: string, recent: readonly Check[]): z.infer<typeof healthView> {
  const latest = recent[0];
  const version = recent.find((check) => check.result?.version !== undefined)?.result?.version;
  return {
    organisationId,
    health: healthOf(latest),
    ...(version === undefined ? {} : { version }),
    ...optionalRfc3339("checkedAt", latest?.at),
    ...(latest === undefined ? {} : { latest: viewCheck(latest) }),
  };
}
