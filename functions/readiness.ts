// What the readiness probe asks: storage, audit log, clock, queues.

import type { AuditVerbs } from "../shared/audit/verbs.ts";
import { QUEUES } from "../shared/capabilities.ts";
import type { OrganisationVerbs } from "../shared/organisations/verbs.ts";
import type { QueueAge } from "../shared/platform/bus/bus.ts";
import { queueReadiness } from "../shared/platform/bus/queue-readiness.ts";
import { ClockOff, type ClockWatch } from "../shared/platform/clock/clock-watch.ts";
import { steadyClock } from "../shared/platform/clock/clock.ts";
import type { FunctionRegistry, ReadinessCheck } from "../shared/platform/liveness.ts";

interface Needs {
  readonly organisations: OrganisationVerbs;
  readonly audit: AuditVerbs;
  readonly clockWatch: ClockWatch;
  readonly queueAge: QueueAge;
  readonly registry: FunctionRegistry;
}

export const readinessChecks = ({
  organisations,
  audit,
  clockWatch,
  queueAge,
  registry,
}: Needs): readonly ReadinessCheck[] => [
  { name: "storage", run: async () => void (await organisations.store.list(1)) },
  { name: "auditLog", run: audit.reach },
  { name: "clock", run: () => checkClock(clockWatch) },
  ...queueReadiness({ age: queueAge, clock: steadyClock, lastRun: (name) => registry.lastRun(name) }, QUEUES),
];

async function checkClock(watch: ClockWatch): Promise<void> {
  const { kind, offsetMs } = await watch.check();
  if (kind === "off") throw new ClockOff(offsetMs);
}
