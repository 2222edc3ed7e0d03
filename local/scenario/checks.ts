// Runs the functional suite once per organisation, through the timer's function, and collects what was found.

import { z } from "zod";
import type { FleetMember } from "../fleet.ts";
import { PORTS } from "../ports.ts";
import { mapConcurrently } from "../../shared/kernel/map-concurrently.ts";
import { getJson, type Api } from "./api.ts";

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
type Latest = NonNullable<z.infer<typeof healthSchema>["latest"]>;

export async function checkFleet(
  api: Api,
  fleet: readonly FleetMember[],
  progress: (done: number) => void,
): Promise<CheckSummary> {
  const since = Date.now() - 60_000;
  const end = Date.now() + 120_000 + fleet.length * 2000;
  await fireTimer("schedule-functional-checks");
  const found = new Map<string, Latest>();
  // The queue tells how far it is; only when it is empty is every organisation asked.
  while (found.size < fleet.length) {
    const open = await openMessages("functional-checks");
    progress(Math.max(found.size, fleet.length - open));
    if (open === 0) {
      await mapConcurrently(
        fleet.filter(({ organisationId }) => !found.has(organisationId)),
        8,
        async ({ organisationId }) => {
          const { latest } = healthSchema.parse(await api.get(`/organisations/${organisationId}/health`));
          if (latest !== undefined && Date.parse(latest.at) >= since) found.set(organisationId, latest);
        },
      );
    }
    if (Date.now() > end) {
      const missing = fleet.find(({ organisationId }) => !found.has(organisationId));
      throw new Error(
        `The functional check of ${missing?.organisationId} did not end in time. See logs/functions.log in the data folder.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return summarise([...found.values()]);
}

function summarise(checks: readonly Latest[]): CheckSummary {
  const count = (outcome: Latest["outcome"]): number => checks.filter((check) => check.outcome === outcome).length;
  const durations = checks.flatMap((check) => check.durationMs ?? []).toSorted((a, b) => a - b);
  return {
    passed: count("passed"),
    failed: count("failed"),
    notRun: count("notRun"),
    medianMs: Math.round(durations[Math.floor(durations.length / 2)] ?? 0),
  };
}

const queuesSchema = z.array(z.object({ name: z.string(), active: z.number(), locked: z.number() }));

async function openMessages(name: string): Promise<number> {
  const queues = queuesSchema.parse(await getJson(`http://127.0.0.1:${PORTS.busManagement}/queues`));
  const queue = queues.find((one) => one.name === name);
  return queue === undefined ? 0 : queue.active + queue.locked;
}

/** As on the real host: a timer's function can be run by hand. */
/** As the host would, but now. */
export async function fireTimer(name: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${PORTS.functions}/admin/functions/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ input: "" }),
    signal: AbortSignal.timeout(30_000),
  });
  if (answer.status !== 202) throw new Error(`The Functions host refused to run ${name} with ${answer.status}.`);
}
