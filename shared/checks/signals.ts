// What functional checks report (docs/telemetry.md).

import type { PLATFORM_EVENTS } from "../platform/signals.ts";
import type { Log } from "../platform/telemetry/log.ts";
import { error, exported, info, type Catalogue } from "../platform/telemetry/events.ts";
import { counter } from "../platform/telemetry/instruments.ts";

export const CHECK_COMPLETED = counter(
  "dwops.check.completed",
  "{check}",
  "Functional checks that were kept (outcome: passed, failed, notRun)",
  ["outcome", "severity"],
);

const REQUEST = { organisationId: "text", slot: "number", task: "text" } as const;

export const CHECK_EVENTS = {
  "check.failed": exported(
    error("The functional suite of an organisation failed", {
      organisationId: "text",
      step: "text?",
      severity: "text?",
    }),
  ),
  "checks.scheduled": info("A run of the timer", { task: "text", organisations: "number" }),
  "checks.swept": info("Old checks and left documents of an organisation were removed", {
    ...REQUEST,
    forgotten: "number",
    documents: "number?",
    trashItems: "number?",
  }),
} satisfies Catalogue;

export type CheckLog = Log<typeof CHECK_EVENTS & typeof PLATFORM_EVENTS>;
