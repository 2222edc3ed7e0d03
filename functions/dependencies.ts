// Builds what the functions need, once per process, from the settings. Everything that the product uses of the outside
// world is made here and handed on as a parameter.

import type { Organisation } from "../shared/organisations/organisation.ts";
import { organisationStore, type OrganisationStore } from "../shared/organisations/store.ts";
import { runCheck } from "../shared/checks/run-check.ts";
import type { CheckRequest } from "../shared/checks/messages.ts";
import { scheduleChecks } from "../shared/checks/schedule-checks.ts";
import { checkStore, type CheckStore } from "../shared/checks/store.ts";
import { sweepLeftovers } from "../shared/docuware/functional-clean-up.ts";
import type { FunctionalResult } from "../shared/docuware/functional-result.ts";
import type { PlatformCredentials, PlatformTarget } from "../shared/docuware/platform-api/target.ts";
import { runFunctionalSuite } from "../shared/docuware/functional-suite.ts";
import { createHttpControlPlane } from "../shared/docuware/http-control-plane.ts";
import { azureBus } from "../shared/platform/azure-bus.ts";
import { azureTables } from "../shared/platform/azure-tables.ts";
import { azureCredential } from "../shared/platform/credential.ts";
import type { Bus } from "../shared/platform/bus.ts";
import { systemClock, type Clock } from "../shared/platform/clock.ts";
import { authenticator } from "../shared/platform/http/authentication.ts";
import { createHttpClient, type HttpClient } from "../shared/platform/http-client.ts";
import { functionRegistry } from "../shared/platform/liveness.ts";
import { systemIds } from "../shared/platform/ids.ts";
import { consoleLog, type Log } from "../shared/platform/log.ts";
import type { Settings } from "../shared/platform/settings.ts";
import type { Tables } from "../shared/platform/tables.ts";
import { systemWait } from "../shared/platform/wait.ts";
import { auditedReschedulePort } from "../shared/customer-links/audited-port.ts";
import { freezeStore } from "../shared/freezes/store.ts";
import { listEntries, type EntryQuery } from "../shared/audit/list-entries.ts";
import { AUDIT_TABLE, auditStore } from "../shared/audit/store.ts";
import { auditLog } from "../shared/audit/write-entries.ts";
import { azureMailer } from "../shared/platform/azure-mail.ts";
import type { Mailer } from "../shared/platform/mail.ts";
import { loggedTelemetry } from "../shared/platform/telemetry/logged-telemetry.ts";
import { observedCheckStore, observedSuite } from "../shared/platform/telemetry/observed-suite.ts";
import type { Telemetry } from "../shared/platform/telemetry/telemetry.ts";
import {
  tracedBus,
  tracedControlPlane,
  tracedHttpClient,
  tracedMailer,
  tracedTables,
} from "../shared/platform/telemetry/traced-ports.ts";
import type { Verify } from "../shared/upgrades/perform-step.ts";
import { incidentDependencies, noticeDependencies, webhookDependencies } from "./notice-dependencies.ts";
import { upgradeDependencies } from "./upgrade-dependencies.ts";

export async function buildDependencies(settings: Settings, telemetry: Telemetry) {
  const base = await baseOf(settings, telemetry);
  const { tables, log, clock } = base;
  const mailer = tracedMailer(await mailerOf(settings.mail), telemetry);
  const organisations = organisationStore(tables);
  const organisationOf = async (organisationId: string): Promise<Organisation | undefined> =>
    (await organisations.read(organisationId))?.organisation;
  const freezes = freezeStore(tables);
  const checks = observedCheckStore(checkStore(tables), telemetry);
  const suite = suiteDependencies(settings, base);
  const incidents = incidentDependencies(settings, base, mailer);
  const notices = noticeDependencies(settings, base, mailer, incidents);
  const webhooks = webhookDependencies(settings, base, systemIds, incidents);
  const controlPlane = createHttpControlPlane({ baseUrl: settings.controlPlane.url, http: base.http, clock });
  const upgrades = upgradeDependencies(settings, base, {
    organisationOf,
    freezes,
    checks,
    controlPlane: tracedControlPlane(controlPlane, telemetry),
    verify: verifyBy(organisationOf, observedSuite(suite.run, telemetry)),
    notices,
    incidents,
    webhooks,
  });
  const audit = auditLog({ store: auditStore(tables), clock, ids: systemIds });
  return {
    ...base,
    organisations,
    organisationOf,
    freezes,
    wait: systemWait,
    ids: systemIds,
    audit,
    listAuditEntries: (query: EntryQuery) => listEntries(tables.table(AUDIT_TABLE), query, clock.now()),
    authenticate: authenticator({ ...settings.auth, clock }),
    registry: functionRegistry(clock),
    readinessChecks: [{ name: "storage", run: async () => void (await organisations.list(1)) }],
    issuer: settings.auth.issuer,
    upgrades,
    notices,
    incidents,
    webhooks,
    reschedule: { ...base, ...notices, port: auditedReschedulePort(upgrades.reschedulePort, { audit, log }) },
    checks: checkDependencies(base, { organisations, organisationOf, checks, suite, ...upgrades }),
  };
}

/** What nearly everything needs. */
export interface Base {
  readonly clock: Clock;
  readonly log: Log;
  readonly tables: Tables;
  readonly bus: Bus;
  readonly http: HttpClient;
  readonly telemetry: Telemetry;
}

/** The outside world; every call of it is reported (docs/telemetry.md). */
async function baseOf(settings: Settings, telemetry: Telemetry): Promise<Base> {
  return {
    clock: systemClock,
    log: loggedTelemetry(consoleLog(), telemetry),
    tables: tracedTables(await tablesOf(settings.storage), telemetry),
    bus: tracedBus(await busOf(settings.bus), telemetry),
    http: tracedHttpClient(createHttpClient({ connectionsPerHost: 64 }), telemetry),
    telemetry,
  };
}

/** The functional suite, against the organisation's own address. */
function suiteDependencies(settings: Settings, { http, clock }: Base) {
  const deps = { http, clock, ids: systemIds, wait: systemWait };
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

interface CheckSurroundings {
  readonly organisations: OrganisationStore;
  readonly organisationOf: (organisationId: string) => Promise<Organisation | undefined>;
  readonly checks: CheckStore;
  readonly suite: ReturnType<typeof suiteDependencies>;
  readonly isBeingUpgraded: (organisationId: string) => Promise<boolean>;
}

function checkDependencies(base: Base, around: CheckSurroundings) {
  const { organisations, organisationOf, checks, suite, isBeingUpgraded } = around;
  const deps = { ...base, checks, organisation: organisationOf, runSuite: suite.run, isBeingUpgraded };
  return {
    ...base,
    organisations,
    checks,
    schedule: (task: CheckRequest["task"]) => scheduleChecks({ ...base, organisations }, task),
    sweep: async (organisationId: string) => {
      const organisation = await organisationOf(organisationId);
      return organisation === undefined ? undefined : suite.sweep(organisation);
    },
    run: (request: CheckRequest) => runCheck(deps, request),
  };
}

function verifyBy(
  organisationOf: (organisationId: string) => Promise<Organisation | undefined>,
  runSuite: (organisation: Organisation) => Promise<FunctionalResult>,
): Verify {
  return async (organisationId) => {
    const organisation = await organisationOf(organisationId);
    if (organisation === undefined) return { kind: "failed", reason: "the organisation is not in the registry" };
    const result = await runSuite(organisation);
    if (result.outcome === "passed" && result.version !== undefined) return { kind: "passed", version: result.version };
    const step = result.steps.find((one) => one.name === result.failedStep);
    return {
      kind: "failed",
      reason: `${result.failedStep ?? "unknown step"}: ${step?.failure?.message ?? "no version was reported"}`,
    };
  };
}

async function tablesOf(storage: Settings["storage"]): Promise<Tables> {
  if (storage.kind === "connectionString") return azureTables(storage);
  return azureTables({ endpoint: storage.tableServiceUri, credential: await azureCredential() });
}

async function busOf(bus: Settings["bus"]): Promise<Bus> {
  if (bus.kind === "connectionString") return azureBus(bus);
  return azureBus({ ...bus, credential: await azureCredential() });
}

async function mailerOf({ access, sender }: Settings["mail"]): Promise<Mailer> {
  if (access.kind === "connectionString") return azureMailer({ ...access, sender });
  return azureMailer({ ...access, sender, credential: await azureCredential() });
}

function credentialsOf(probe: Settings["probe"]): PlatformCredentials {
  return probe.kind === "client" ? { ...probe, kind: "clientCredentials" } : { ...probe, kind: "password" };
}
