// Builds what the functions need, once per process, from the settings. Everything that the product uses of the outside
// world is made here and handed on as a parameter.

import { isRole, QUEUES } from "../shared/capabilities.ts";
import type { Organisation } from "../shared/organisations/organisation.ts";
import { organisationStore, type OrganisationStore } from "../shared/organisations/store.ts";
import { runCheck } from "../shared/checks/run-check.ts";
import type { CheckRequest } from "../shared/checks/messages.ts";
import { scheduleChecks } from "../shared/checks/schedule-checks.ts";
import type { Check } from "../shared/checks/check.ts";
import { checkStore, type CheckStore } from "../shared/checks/store.ts";
import { forgetChecks } from "../shared/checks/forget-checks.ts";
import { sweepLeftovers } from "../shared/docuware/functional-suite/functional-clean-up.ts";
import type { FunctionalResult } from "../shared/docuware/functional-suite/functional-result.ts";
import type { PlatformCredentials, PlatformTarget } from "../shared/docuware/platform-api/target.ts";
import { runFunctionalSuite } from "../shared/docuware/functional-suite/functional-suite.ts";
import type { ControlPlane } from "../shared/docuware/control-plane/control-plane.ts";
import { createHttpControlPlane } from "../shared/docuware/control-plane/http-control-plane.ts";
import { authenticator } from "../shared/platform/http/authentication.ts";
import { ClockOff, type ClockWatch } from "../shared/platform/clock/clock-watch.ts";
import { steadyClock } from "../shared/platform/clock/clock.ts";
import { instanceName } from "../shared/platform/instance-name.ts";
import { reportClockOff } from "../shared/incidents/clock-off.ts";
import { functionRegistry, type FunctionRegistry, type ReadinessCheck } from "../shared/platform/liveness.ts";
import { queueReadiness } from "../shared/platform/bus/queue-readiness.ts";
import { systemIds } from "../shared/platform/ids.ts";
import type { Tables } from "../shared/platform/tables/tables.ts";
import type { Settings } from "../shared/platform/settings/settings.ts";
import { systemWait } from "../shared/platform/wait.ts";
import { auditedReschedulePort } from "../shared/customer-links/audited-port.ts";
import { freezeStore } from "../shared/freezes/store.ts";
import { listEntries, type EntryQuery } from "../shared/audit/list-entries.ts";
import { auditStore } from "../shared/audit/store.ts";
import { auditLog } from "../shared/audit/write-entries.ts";
import { observedCheckStore, observedSuite } from "../shared/platform/telemetry/observed-suite.ts";
import type { Telemetry } from "../shared/platform/telemetry/telemetry.ts";
import { tracedControlPlane } from "../shared/platform/telemetry/traced-ports.ts";
import { verifyBySuite } from "../shared/upgrades/upgrade/verify-by-suite.ts";
import { incidentDependencies, noticeDependencies, webhookDependencies } from "./notice-dependencies.ts";
import { adapters, type Adapters } from "./adapters.ts";
import { upgradeDependencies } from "./upgrade-dependencies.ts";
import { AUDIT_TABLE } from "../shared/audit/resources.ts";

export async function buildDependencies(settings: Settings, telemetry: Telemetry) {
  const base = await adapters(settings, telemetry);
  const { tables, auditTables, log, clock, clockWatch } = base;
  const organisations = organisationStore(tables, log);
  const organisationOf = async (organisationId: string): Promise<Organisation | undefined> =>
    (await organisations.read(organisationId))?.organisation;
  const freezes = freezeStore(tables);
  const checks = observedCheckStore(checkStore(tables), telemetry);
  const suite = suiteDependencies(settings, base);
  const incidents = incidentDependencies(settings, base);
  const notices = noticeDependencies(settings, base, incidents);
  const webhooks = webhookDependencies(settings, base, systemIds, incidents);
  const upgrades = upgradeDependencies(settings, base, {
    organisations,
    organisationOf,
    freezes,
    checks,
    controlPlane: controlPlaneOf(settings, base),
    verify: verifyBySuite(verifying(tables, organisationOf, observedSuite(suite.run, telemetry))),
    notices,
    incidents,
    webhooks,
  });
  const registry = functionRegistry(steadyClock);
  const audit = auditLog({ store: auditStore(auditTables), clock, ids: systemIds });
  return {
    ...base,
    organisations,
    organisationOf,
    outbound: settings.outbound,
    freezes,
    wait: systemWait,
    ids: systemIds,
    audit,
    listAuditEntries: (query: EntryQuery) =>
      listEntries(auditTables.table(AUDIT_TABLE), query, clockWatch.trusted.now()),
    authenticate: authenticator({ ...settings.auth, clock: clockWatch.trusted, isRole }),
    registry,
    readinessChecks: [
      { name: "storage", run: async () => void (await organisations.list(1)) },
      auditLogCheck(base),
      { name: "clock", run: () => checkClock(clockWatch) },
      ...queueChecks(base, registry),
    ],
    // By trusted time: the clock of those who are told is right.
    reportClockOff: reportClockOff({
      clock: clockWatch.trusted,
      log,
      instance: instanceName(),
      raise: incidentDependencies(settings, { ...base, clock: clockWatch.trusted }).raise,
    }),
    issuer: settings.auth.issuer,
    upgrades,
    notices,
    incidents,
    webhooks,
    reschedule: { ...base, ...notices, port: auditedReschedulePort(upgrades.reschedulePort, { audit, log }) },
    checks: checkDependencies(base, { organisations, organisationOf, checks, suite, ...upgrades }),
  };
}

async function checkClock(watch: ClockWatch): Promise<void> {
  const { kind, offsetMs } = await watch.check();
  if (kind === "off") throw new ClockOff(offsetMs);
}

function controlPlaneOf({ controlPlane: { url } }: Settings, { operatorHttp, telemetry }: Adapters): ControlPlane {
  return tracedControlPlane(
    createHttpControlPlane({ baseUrl: url, http: operatorHttp, clock: steadyClock }),
    telemetry,
  );
}

/** Without it every changing call is refused. */
const auditLogCheck = ({ auditTables }: Adapters): ReadinessCheck => ({
  name: "auditLog",
  run: async () => void (await auditTables.table(AUDIT_TABLE).read(NO_ROW)),
});

function queueChecks({ queueAge }: Adapters, registry: FunctionRegistry): readonly ReadinessCheck[] {
  const lastRun = (name: string): number | undefined => registry.lastRun(name);
  return queueReadiness({ age: queueAge, clock: steadyClock, lastRun }, QUEUES);
}

/** Of the audit log: that the answer comes is what counts. */
const NO_ROW = { partition: "readiness", row: "readiness" };

/** The functional suite, against the organisation's own address. */
function suiteDependencies(settings: Settings, { http }: Adapters) {
  // A clock that is set on the way must fail no step.
  const deps = { http, clock: steadyClock, ids: systemIds, wait: systemWait };
  const targetOf = ({ organisationId, platformUrl }: Organisation): PlatformTarget => ({
    organisationId,
    platformUrl,
    credentials: credentialsOf(settings.probe),
  });
  return {
    run: (organisation: Organisation): Promise<FunctionalResult> => runFunctionalSuite(targetOf(organisation), deps),
    sweep: (organisation: Organisation) => sweepLeftovers(targetOf(organisation), deps),
  };
}

/** What it keeps is not observed as checks are: what fails in a planned upgrade is the upgrade's own affair. */
const verifying = (
  tables: Tables,
  organisationOf: (organisationId: string) => Promise<Organisation | undefined>,
  runSuite: (organisation: Organisation) => Promise<FunctionalResult>,
) => ({ organisationOf, runSuite, keepCheck: (check: Check) => checkStore(tables).keep(check) });

interface CheckSurroundings {
  readonly organisations: OrganisationStore;
  readonly organisationOf: (organisationId: string) => Promise<Organisation | undefined>;
  readonly checks: CheckStore;
  readonly suite: ReturnType<typeof suiteDependencies>;
  readonly isBeingUpgraded: (organisationId: string) => Promise<boolean>;
}

function checkDependencies(base: Adapters, around: CheckSurroundings) {
  const { organisations, organisationOf, checks, suite, isBeingUpgraded } = around;
  const deps = { ...base, checks, organisation: organisationOf, runSuite: suite.run, isBeingUpgraded };
  return {
    ...base,
    organisations,
    checks,
    schedule: (task: CheckRequest["task"]) => scheduleChecks({ ...base, organisations }, task),
    forget: (organisationId: string) => forgetChecks(deps, organisationId),
    sweep: async (organisationId: string) => {
      const organisation = await organisationOf(organisationId);
      return organisation === undefined ? undefined : suite.sweep(organisation);
    },
    run: (request: CheckRequest) => runCheck(deps, request),
  };
}

function credentialsOf(probe: Settings["probe"]): PlatformCredentials {
  return probe.kind === "client" ? { ...probe, kind: "clientCredentials" } : { ...probe, kind: "password" };
}
