import { QUEUE_STANDARD, type Resources } from "../platform/resources.ts";

export const CHECKS_TABLE = "FunctionalChecks";
export const CHECK_QUEUE = "functional-checks";

export const checkResources = {
  tables: [{ name: CHECKS_TABLE, purpose: "Latest functional suite result per organisation." }],
  queues: [
    {
      ...QUEUE_STANDARD,
      name: CHECK_QUEUE,
      purpose: "One functional check of one organisation at one slot.",
      functionName: "run-functional-check",
      // Checks of a large fleet come in bursts and may wait for each other.
      longestWaitMs: 20 * 60_000,
      lockDuration: "PT2M",
      maxDeliveryCount: 3,
      // After that the next regular check says more.
      defaultMessageTimeToLive: "PT30M",
      deadLetteringOnMessageExpiration: false,
    },
  ],
  timers: [
    {
      name: "schedule-functional-checks",
      purpose: "Asks for a functional check of every organisation.",
      setting: "FUNCTIONAL_CHECK_SCHEDULE",
      schedule: "0 */15 * * * *",
      everySeconds: 900,
    },
    {
      name: "schedule-check-sweeps",
      purpose: "Asks to remove what checks that died have left in the organisations.",
      setting: "CHECK_SWEEP_SCHEDULE",
      schedule: "0 20 3 * * *",
      everySeconds: 86_400,
    },
  ],
  roles: { "Checks.Read": "Read health and check results.", "Checks.Run": "Run a check now." },
} as const satisfies Resources;
