// Readiness sees the queues: what waits, what runs, and that the bus answers.

import { expect, test } from "vitest";
import { readiness } from "../../../shared/platform/liveness.ts";
import { queueReadiness } from "../../../shared/platform/bus/queue-readiness.ts";

const NOON = Date.UTC(2027, 1, 1, 12);
const MINUTE = 60_000;
const QUEUE = { name: "upgrade-steps", functionName: "advance-upgrade", longestWaitMs: 5 * MINUTE };

const age = async (waitingSince: (() => Promise<number | undefined>) | number | undefined, lastRun?: number) => {
  const waiting = typeof waitingSince === "function" ? waitingSince : async () => waitingSince;
  const deps = { clock: { now: () => NOON }, age: { waitingSince: waiting }, lastRun: () => lastRun };
  const { checks } = await readiness(queueReadiness(deps, [QUEUE]), deps.clock);
  return checks[0];
};

test.each([
  ["nothing waits", undefined, undefined],
  ["something waits for a moment", NOON - MINUTE, undefined],
  ["something waits for long, but the function runs: a busy queue", NOON - 60 * MINUTE, NOON - MINUTE],
])("well: %s", async (_, since, lastRun) => expect(await age(since, lastRun)).toMatchObject({ ok: true }));

test.each([
  ["the function has never run", undefined, "has not run in this process"],
  ["the function has stopped", NOON - 6 * MINUTE, "last ran 2027-02-01T11:54:00.000Z"],
])("stands still, by name: something waits for long, and %s", async (_, lastRun, reason) => {
  const found = await age(NOON - 6 * MINUTE, lastRun);
  expect(found).toMatchObject({ ok: false, name: "queue upgrade-steps", reason: expect.stringContaining(reason) });
});

test("a bus that cannot be asked is no readiness, and is asked again by the next probe", async () => {
  const answers = [() => Promise.reject(new Error("away")), async () => undefined];
  const deps = {
    clock: { now: () => NOON },
    age: { waitingSince: async () => answers.shift()?.() },
    lastRun: () => undefined,
  };
  const checks = queueReadiness(deps, [QUEUE]);
  expect((await readiness(checks, deps.clock)).ready).toBe(false);
  expect((await readiness(checks, deps.clock)).ready).toBe(true);
  // Known for a few seconds: many probes are one age.
  expect((await readiness(checks, deps.clock)).ready).toBe(true);
  expect(answers).toEqual([]);
});
