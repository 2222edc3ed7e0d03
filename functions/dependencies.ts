// Builds what the functions need, once per process, from the settings. Everything that the product uses of the outside
// world is made here and handed on as a parameter.

import type { Organisation } from "../shared/organisations/organisation.ts";
import { organisationStore } from "../shared/organisations/store.ts";
import { runCheck } from "../shared/checks/run-check.ts";
import type { CheckRequest } from "../shared/checks/messages.ts";
import { scheduleChecks } from "../shared/checks/schedule-checks.ts";
import { checkStore } from "../shared/checks/store.ts";
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
import { advanceCampaign } from "../shared/upgrades/advance-campaign.ts";
import { advanceUpgrade } from "../shared/upgrades/advance-upgrade.ts";
import { holderOf } from "../shared/upgrades/claims.ts";
import { createCampaign } from "../shared/upgrades/create-campaign.ts";
import { performStep, type Verify } from "../shared/upgrades/perform-step.ts";
import { reconcile } from "../shared/upgrades/reconcile.ts";
import { steerCampaign } from "../shared/upgrades/steer-campaign.ts";
import { steerUpgrade } from "../shared/upgrades/steer-upgrade.ts";
import { upgradeStore } from "../shared/upgrades/store.ts";
import { isActive } from "../shared/upgrades/core/moves.ts";

export async function buildDependencies(settings: Settings) {
  const clock = systemClock;
  const log = consoleLog();
  const tables = await tablesOf(settings.storage);
  const bus = await busOf(settings.bus);
  const http = createHttpClient({ connectionsPerHost: 64 });
  const base: Base = { clock, log, tables, bus };
  const organisations = organisationStore(tables);
  const targetOf = ({ organisationId, platformUrl }: Organisation): PlatformTarget => ({
    organisationId,
    platformUrl,
    credentials: credentialsOf(settings.probe),
  });
  const suiteDeps = { http, clock, ids: systemIds, wait: systemWait };
  const runSuite = (organisation: Organisation): Promise<FunctionalResult> =>
    runFunctionalSuite(targetOf(organisation), suiteDeps);
  const organisationOf = async (organisationId: string): Promise<Organisation | undefined> =>
    (await organisations.read(organisationId))?.organisation;
  const upgrades = upgradeDependencies(settings, base, http, verifyBy(organisationOf, runSuite));
  const checks = checkStore(tables);
  const checkDeps = {
    ...base,
    checks,
    organisation: organisationOf,
    runSuite,
    isBeingUpgraded: upgrades.isBeingUpgraded,
  };
  return {
    ...base,
    organisations,
    ids: systemIds,
    authenticate: authenticator({ ...settings.auth, clock }),
    registry: functionRegistry(clock),
    readinessChecks: [{ name: "storage", run: async () => void (await organisations.list(1)) }],
    issuer: settings.auth.issuer,
    upgrades,
    checks: {
      ...base,
      organisations,
      checks,
      schedule: (task: CheckRequest["task"]) => scheduleChecks({ organisations, bus, clock }, task),
      sweep: async (organisationId: string) => {
        const organisation = await organisationOf(organisationId);
        return organisation === undefined ? undefined : sweepLeftovers(targetOf(organisation), suiteDeps);
      },
      run: (request: CheckRequest) => runCheck(checkDeps, request),
    },
  };
}

interface Base {
  readonly clock: Clock;
  readonly log: Log;
  readonly tables: Tables;
  readonly bus: Bus;
}

function upgradeDependencies(settings: Settings, base: Base, http: HttpClient, verify: Verify) {
  const { clock, tables } = base;
  const { policy, campaignTickMs: tickMs, maxInFlight } = settings.upgrade;
  const store = upgradeStore(tables);
  const controlPlane = createHttpControlPlane({ baseUrl: settings.controlPlane.url, http, clock });
  const deps = { ...base, store, policy, tickMs, perform: performStep({ controlPlane, verify }) };
  const campaignOf = (organisationId: string) => holderOf({ tables, store }, organisationId, clock.now());
  return {
    store,
    defaultMaxInFlight: maxInFlight,
    campaignOf,
    isBeingUpgraded: async (organisationId: string): Promise<boolean> => {
      const campaignId = await campaignOf(organisationId);
      if (campaignId === undefined) return false;
      const stored = await store.readUpgrade(campaignId, organisationId);
      return stored !== undefined && (isActive(stored.upgrade.state) || stored.upgrade.state === "needsHuman");
    },
    create: (...[request, actor]: Tail<typeof createCampaign>) => createCampaign(deps, request, actor),
    steerCampaign: (...args: Tail<typeof steerCampaign>) => steerCampaign(deps, ...args),
    steerUpgrade: (...args: Tail<typeof steerUpgrade>) => steerUpgrade(deps, ...args),
    advanceUpgrade: (...args: Tail<typeof advanceUpgrade>) => advanceUpgrade(deps, ...args),
    advanceCampaign: (...args: Tail<typeof advanceCampaign>) => advanceCampaign(deps, ...args),
    reconcile: () => reconcile(deps),
  };
}

/** The parameters after the dependencies. */
type Tail<F extends (first: never, ...rest: never[]) => unknown> = F extends (first: never, ...rest: infer R) => unknown
  ? R
  : never;

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

function credentialsOf(probe: Settings["probe"]): PlatformCredentials {
  return probe.kind === "client" ? { ...probe, kind: "clientCredentials" } : { ...probe, kind: "password" };
}
