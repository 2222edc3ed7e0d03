// The product: its real use cases on its real adapters, driven from the queues as its triggers drive them.
import { ServiceBusClient } from "@azure/service-bus";
import { z } from "zod";
import sample from "../../local.settings.sample.json" with { type: "json" };
import { createHttpControlPlane } from "../../shared/docuware/control-plane/http-control-plane.ts";
import type { Organisation } from "../../shared/organisations/organisation.ts";
import { azureBus } from "../../shared/platform/bus/azure-bus.ts";
import { azureTables } from "../../shared/platform/tables/azure-tables.ts";
import { systemClock } from "../../shared/platform/clock/clock.ts";
import type { HttpClient } from "../../shared/platform/http-client/http-client.ts";
import { createHttpClient } from "../../shared/platform/http-client/lazy-http-client.ts";
import { logTo, toConsole } from "../../shared/platform/telemetry/log.ts";
import { EVENTS, parseSettings, TABLES } from "../../shared/capabilities.ts";
import { advanceCampaign } from "../../shared/upgrades/campaigns/advance-campaign.ts";
import { advanceUpgrade, type Advanced } from "../../shared/upgrades/upgrade/advance-upgrade.ts";
import { isTerminal } from "../../shared/upgrades/core/moves.ts";
import { createCampaign } from "../../shared/upgrades/campaigns/create-campaign.ts";
import { tickSchema, wakeSchema } from "../../shared/upgrades/messages.ts";
import { estimatesStore } from "../../shared/upgrades/store/estimates-store.ts";
import { performStep, type Verify } from "../../shared/upgrades/upgrade/perform-step.ts";
import { quarantineStore } from "../../shared/upgrades/quarantines/quarantine-store.ts";
import { organisationStore } from "../../shared/organisations/store.ts";
import { checkStore } from "../../shared/checks/store.ts";
import type { Check } from "../../shared/checks/check.ts";
import { healthyBefore } from "../../shared/upgrades/upgrade/healthy-before.ts";
import { claimsAhead } from "../../shared/upgrades/store/claims.ts";
import { stillRegistered } from "../../shared/upgrades/upgrade/still-registered.ts";
import { commandCampaign } from "../../shared/upgrades/campaigns/campaign-commands.ts";
import { upgradeStore } from "../../shared/upgrades/store/store.ts";
import { organisationIdOf, type Contestant, type Job } from "./job.ts";
import { pumpSessions } from "./session-pump.ts";
import { NEW_VERSION, OLD_VERSION } from "./workload.ts";
import { preflightOf } from "../../shared/upgrades/upgrade/preflight.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../shared/upgrades/resources.ts";

const TICK_MS = 100;
/** Those of the product, as the local stack sets them. */
const SETTINGS = parseSettings(sample.Values).upgrade;

export async function openOurs(job: Job): Promise<Contestant> {
  const deps = productDeps(job);
  await deps.tables.ensure(TABLES.map(({ name }) => name));
  const runs = new Map<string, Run>();
  const runOf = (campaignId: string): Run => {
    const known = runs.get(campaignId) ?? newRun();
    runs.set(campaignId, known);
    return known;
  };
  const failed = startPumps(job, deps, runOf);
  return {
    async prepare(prefix, count) {
      for (const one of organisationsOf(prefix, count)) {
        await deps.registry.insert(one);
        await deps.checks.keep(passedCheck(one.organisationId, Date.now()));
      }
    },
    async create(campaignId, prefix, count) {
      runOf(campaignId).expected = count;
      const organisations = organisationsOf(prefix, count);
      const request = {
        campaignId,
        kind: "hotfix",
        version: NEW_VERSION,
        organisations,
        isWholeFleet: false,
        approvers: ["tool:operator-b", "tool:release-manager"],
        rings: [{ ring: "broad", soakMs: 0 }],
        standardSoakMs: 0,
        maxInFlight: job.concurrency,
        failureBudget: organisations.length,
        stampFailureBudget: organisations.length,
      } as const;
      mustBeOk(await createCampaign(deps, request, { kind: "tool", clientId: "operator-a" }));
      mustBeOk(await commandCampaign(deps, campaignId, "approve", { kind: "tool", clientId: "operator-b" }));
    },
    async run(campaignId) {
      mustBeOk(await commandCampaign(deps, campaignId, "approve", { kind: "tool", clientId: "release-manager" }));
      await Promise.race([runOf(campaignId).allEnded.promise, failed]);
      return runOf(campaignId).times;
    },
    settle: (campaignId) => Promise.race([runOf(campaignId).closed.promise, failed]),
  };
}

/**
 * As shared/upgrades/ports.ts makes them; the log is formatted, but goes nowhere. What is measured is the state
 * machine: nobody is told anything (notices, webhooks), which the floors do not do either.
 */
function productDeps(job: Job) {
  const tables = azureTables({ connectionString: job.tables });
  const http = createHttpClient({ connectionsPerHost: 64 });
  const clock = systemClock;
  const controlPlane = createHttpControlPlane({ baseUrl: job.controlPlane, http, clock });
  const registry = organisationStore(tables);
  const checks = checkStore(tables);
  const log = logTo(
    EVENTS,
    toConsole(() => {}),
  );
  const healthy = healthyBefore({
    clock,
    log,
    latestChecks: async (organisationId, limit) => (await checks.list(organisationId, limit)).items,
    requestCheck: () => Promise.reject(new Error("The benchmark's organisations are well.")),
    raiseIncident: nothing,
    checkMaxAgeMs: SETTINGS.checkMaxAgeMs,
  });
  const estimates = estimatesStore(tables, SETTINGS.standard);
  return {
    tables,
    clock,
    bus: azureBus({ connectionString: job.bus }),
    log,
    registry,
    checks,
    store: upgradeStore(tables),
    quarantines: quarantineStore(tables),
    // A tenth of the upgrades fail on purpose.
    quarantineRule: { percent: 100, atLeast: 1000 },
    policy: SETTINGS.policy,
    gateLimitMs: SETTINGS.gateLimitMs,
    noticeWaitMs: 0,
    tickMs: TICK_MS,
    perform: performStep({ controlPlane, verify: verifyBy(http, job.controlPlane) }),
    need: estimates.need,
    learn: estimates.learn,
    freezes: async () => [],
    versionOf: async () => OLD_VERSION,
    planAnnouncement: async () => ({ kind: "fits", lastSentAt: 0, beginBy: Number.POSITIVE_INFINITY }) as const,
    organisationOf: async (organisationId: string) => (await registry.read(organisationId))?.organisation,
    preflight: () =>
      preflightOf([
        stillRegistered({ organisationOf: registry.ahead(clock), claimOf: claimsAhead(tables, clock) }),
        healthy,
      ]),
    acceptedNotices: async () => [],
    verdicts: async () => [],
    ...NOTIFY_NOBODY,
  };
}

const nothing = async (): Promise<void> => {};
const NOTIFY_NOBODY = { notify: nothing, notifyCampaign: nothing, requestNotices: nothing, raiseIncident: nothing };

/** One POST, as in the other contestants; the functional suite itself has its own measurements. */
function verifyBy(http: HttpClient, root: string): Verify {
  const answer = z.object({ version: z.string() });
  return async (organisationId) => {
    const url = new URL(`${root}/organisations/${organisationId}/verify`);
    const { status, body } = await http.send({ method: "POST", url });
    if (status !== 200) return { kind: "failed", reason: `the target answered ${status}` };
    return { kind: "passed", version: answer.parse(JSON.parse(Buffer.from(body).toString())).version };
  };
}

interface Run {
  expected: number;
  readonly times: number[];
  readonly allEnded: PromiseWithResolvers<void>;
  readonly closed: PromiseWithResolvers<void>;
}

const newRun = (): Run => ({
  expected: Number.POSITIVE_INFINITY,
  times: [],
  allEnded: Promise.withResolvers(),
  closed: Promise.withResolvers(),
});

/** Rejects when a handler fails. What the triggers do: parse the body, call the use case. */
function startPumps(
  job: Job,
  deps: ReturnType<typeof productDeps>,
  runOf: (campaignId: string) => Run,
): Promise<never> {
  const client = new ServiceBusClient(job.bus);
  const outcomes = new Map<unknown, Advanced>();
  const closed = new Set<string>();
  const upgrades = pumpSessions({
    client,
    queue: UPGRADE_QUEUE,
    concurrency: job.concurrency,
    sessionIdleMs: job.sessionIdleMs,
    handle: async (message) => {
      const wake = wakeSchema.parse(message.body);
      outcomes.set(message, await advanceUpgrade(deps, wake, message.deliveryCount === 0));
    },
    onCompleted: (message, ms) => {
      const outcome = outcomes.get(message);
      outcomes.delete(message);
      const run = runOf(wakeSchema.parse(message.body).campaignId);
      if (outcome?.kind !== "resting" || !isTerminal(outcome.state)) return;
      run.times.push(ms);
      if (run.times.length === run.expected) run.allEnded.resolve();
    },
  });
  const ticks = pumpSessions({
    client,
    queue: CAMPAIGN_QUEUE,
    concurrency: 1,
    sessionIdleMs: job.sessionIdleMs,
    handle: async (message) => {
      const { campaignId } = tickSchema.parse(message.body);
      const advanced = await advanceCampaign(deps, campaignId, message.deliveryCount !== 0);
      if (advanced.kind === "closed") closed.add(campaignId);
    },
    onCompleted: (message) => {
      const { campaignId } = tickSchema.parse(message.body);
      if (closed.has(campaignId)) runOf(campaignId).closed.resolve();
    },
  });
  return Promise.race([upgrades.failed, ticks.failed]);
}

const organisation = (organisationId: string): Organisation => ({
  organisationId,
  name: organisationId,
  stamp: "eu-1",
  ring: "broad",
  timeZone: "Europe/Berlin",
  maintenanceWindow: { kind: "weekly", weekdays: ["saturday"], start: "22:00", durationMinutes: 360 },
  language: "de",
  contacts: [`it@${organisationId}.example`],
  platformUrl: "https://platform.example",
});

const organisationsOf = (prefix: string, count: number): readonly Organisation[] =>
  Array.from({ length: count }, (_, index) => organisation(organisationIdOf(prefix, index)));

const passedCheck = (organisationId: string, at: number): Check => ({
  organisationId,
  slot: at,
  at,
  outcome: "passed",
});

function mustBeOk(result: { readonly ok: true } | { readonly ok: false; readonly error: unknown }): void {
  if (!result.ok) throw new Error(`The product refused: ${JSON.stringify(result.error)}`);
}
