// Runs the functional suite once per organisation, through the timer's function, and collects what was found.

import { z } from "zod";
import type { FleetMember } from "../fleet.ts";
import { PORTS } from "../ports.ts";
import { inParallel, type Api } from "./api.ts";

export interface CheckSummary {
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
  /** Median of the suite's own duration, milliseconds. */
  readonly medianMs: number;
}

const healthSchema = z.object({
  latest: z
    .object({
      at: z.iso.datetime(),
      outcome: z.enum(["passed", "failed", "notRun"]),
      durationMs: z.number().optional(),
    })
    .optional(),
});

export async function checkFleet(
  api: Api,
  fleet: readonly FleetMember[],
  progress: (done: number) => void,
): Promise<CheckSummary> {
  const since = Date.now() - 60_000;
  await fireTimer("schedule-functional-checks");
  const outcomes: ("passed" | "failed" | "notRun")[] = [];
  const durations: number[] = [];
  const end = Date.now() + 120_000 + fleet.length * 2000;
  await inParallel(fleet, 4, async ({ organisationId }) => {
    for (;;) {
      const { latest } = healthSchema.parse(await api.get(`/organisations/${organisationId}/health`));
      if (latest !== undefined && Date.parse(latest.at) >= since) {
        outcomes.push(latest.outcome);
        if (latest.durationMs !== undefined) durations.push(latest.durationMs);
        progress(outcomes.length);
        return;
      }
      if (Date.now() > end)
        throw new Error(
          `The functional check of ${organisationId} did not end in time. See .local/logs/functions.log.`,
        );
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  });
  const count = (outcome: string): number => outcomes.filter((item) => item === outcome).length;
  const sorted = durations.toSorted((a, b) => a - b);
  return {
    passed: count("passed"),
    failed: count("failed"),
    notRun: count("notRun"),
    medianMs: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
  };
}

/** As on the real host: a timer's function can be run by hand. */
async function fireTimer(name: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${PORTS.functions}/admin/functions/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ input: "" }),
    signal: AbortSignal.timeout(30_000),
  });
  if (answer.status !== 202) throw new Error(`The Functions host refused to run ${name} with ${answer.status}.`);
}
