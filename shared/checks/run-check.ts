// Runs one functional check and keeps its result. While the organisation is being upgraded no suite is run: it would
// meet the upgrade half-way and report a failure that is none; the upgrade runs its own.

import type { FunctionalResult } from "../docuware/functional-suite/functional-result.ts";
import type { Organisation } from "../organisations/organisation.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { CheckLog } from "./signals.ts";
import { ranCheck, type Check } from "./check.ts";
import type { CheckRequest } from "./messages.ts";
import type { CheckStore } from "./store.ts";

export interface RunCheckDeps {
  readonly checks: CheckStore;
  readonly clock: Clock;
  readonly log: CheckLog;
  readonly organisation: (organisationId: string) => Promise<Organisation | undefined>;
  readonly runSuite: (organisation: Organisation) => Promise<FunctionalResult>;
  /** Whether an upgrade of the organisation is under way. */
  readonly isBeingUpgraded: (organisationId: string) => Promise<boolean>;
}

/** The check as kept; undefined when the organisation has left the registry. Throws TransientFailure of the storage. */
export async function runCheck(deps: RunCheckDeps, request: CheckRequest): Promise<Check | undefined> {
  const present = await answerTo(deps, request);
  if (present !== undefined) return present;
  const organisation = await deps.organisation(request.organisationId);
  if (organisation === undefined) return undefined;
  const check = await runOrSkip(deps, organisation, request.slot);
  await deps.checks.keep(check);
  const { outcome, result } = check;
  if (outcome === "failed") {
    deps.log.event("check.failed", {
      organisationId: organisation.organisationId,
      step: result?.failedStep,
      severity: result?.severity,
    });
  }
  return check;
}

/** Also a check that ran after this slot was due answers it: requests that have piled up are one. */
async function answerTo({ checks, clock }: RunCheckDeps, { organisationId, slot }: CheckRequest) {
  const [latest] = (await checks.list(organisationId, 1)).items;
  if (latest !== undefined && latest.at >= slot && latest.at <= clock.now()) return latest;
  return latest?.slot === slot ? latest : checks.read(organisationId, slot);
}

async function runOrSkip(deps: RunCheckDeps, organisation: Organisation, slot: number): Promise<Check> {
  const { organisationId } = organisation;
  const notRun = (): Check => ({
    organisationId,
    slot,
    at: deps.clock.now(),
    outcome: "notRun",
    reason: "an upgrade is under way",
  });
  if (await deps.isBeingUpgraded(organisationId)) return notRun();
  const result = await deps.runSuite(organisation);
  // An upgrade that began meanwhile explains the failure.
  if (result.outcome === "failed" && (await deps.isBeingUpgraded(organisationId))) return notRun();
  return ranCheck(slot, result);
}
