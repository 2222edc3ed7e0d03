// All that can be done with functional checks, bound to the adapters once: for the composition root.

import type { Organisation } from "../organisations/organisation.ts";
import type { OrganisationStore } from "../organisations/store.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { CheckLog } from "./signals.ts";
import type { Check } from "./check.ts";
import { forgetChecks } from "./forget-checks.ts";
import { checkRequestMessage, type CheckRequest } from "./messages.ts";
import { CHECK_QUEUE } from "./resources.ts";
import type { OrganisationSuite } from "./organisation-suite.ts";
import { runCheck } from "./run-check.ts";
import { scheduleChecks } from "./schedule-checks.ts";
import type { CheckStore } from "./store.ts";

export interface CheckNeeds {
  readonly checks: CheckStore;
  readonly organisations: OrganisationStore;
  readonly organisationOf: (organisationId: string) => Promise<Organisation | undefined>;
  readonly suite: OrganisationSuite;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: CheckLog;
  /** Of the upgrades: whether one of the organisation is under way. */
  readonly isBeingUpgraded: (organisationId: string) => Promise<boolean>;
}

export type CheckVerbs = ReturnType<typeof checkVerbs>;

export function checkVerbs(needs: CheckNeeds) {
  const { checks, bus, clock, log, organisationOf, suite } = needs;
  const deps = { ...needs, organisation: organisationOf, runSuite: suite.run };
  return {
    store: checks,
    latest: async (organisationId: string, limit: number): Promise<readonly Check[]> =>
      (await checks.list(organisationId, limit)).items,
    schedule: async (task: CheckRequest["task"]): Promise<void> => {
      log.event("checks.scheduled", { task, organisations: await scheduleChecks(deps, task) });
    },
    /** Asked for twice at one moment it runs once. */
    request: async (organisationId: string, slot = clock.now()): Promise<number> => {
      await bus.send(CHECK_QUEUE, [checkRequestMessage({ organisationId, slot, task: "check" })]);
      return slot;
    },
    /** A check, or a sweep: old checks are forgotten first, because that does not need the organisation to answer. */
    perform: async (request: CheckRequest): Promise<void> => {
      const { task, organisationId } = request;
      if (task === "check") return void (await runCheck(deps, request));
      const forgotten = await forgetChecks(deps, organisationId);
      const organisation = await organisationOf(organisationId);
      const swept = organisation === undefined ? undefined : await suite.sweep(organisation);
      log.event("checks.swept", { ...request, forgotten, ...swept });
    },
  };
}
