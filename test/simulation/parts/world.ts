// The real use cases and queue handlers over simulated ports, one set of ports per actor, everything behind gates.

import type { InvocationContext } from "@azure/functions";
import { advanceCampaignHandler, advanceUpgradeHandler } from "../../../functions/upgrades.ts";
import { bind } from "../../../shared/kernel/bind.ts";
import { reportingLastDelivery, reportingTimer } from "../../../functions/report-failures.ts";
import type { NoticeSendLimits } from "../../../shared/notices/send-due-notices.ts";
import type { Organisation } from "../../../shared/organisations/organisation.ts";
import { organisationStore } from "../../../shared/organisations/store.ts";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import { advanceUpgrade } from "../../../shared/upgrades/upgrade/advance-upgrade.ts";
import { recheckAppointments } from "../../../shared/upgrades/dates/recheck-appointments.ts";
import { reconcile } from "../../../shared/upgrades/campaigns/reconcile.ts";
import { heldQueueHandler, unlessClockOff } from "../../../shared/platform/clock/held-by-clock.ts";
import { createGates, type Actor, type Gates } from "./gates.ts";
import { createWatch, type Watch } from "./invariants.ts";
import type { Mutation } from "./mutations.ts";
import { portsOf, type Parts, type Ports, type Rules, type Suite } from "./ports.ts";
import { simBroker, type Delivery, type SimBroker } from "./sim-broker.ts";
import { simClock, type SimClock } from "./sim-clock.ts";
import { simControlPlane, type Durations, type SimControlPlane } from "./sim-control-plane.ts";
import { simMailer, type SimMailer } from "./sim-mailer.ts";
import { simTables, type SimTables } from "./sim-tables.ts";
import { createSurroundings, type Surroundings } from "./surroundings.ts";
import { QUEUES, TABLES } from "../../../shared/capabilities.ts";

export const NOON = Date.UTC(2026, 10, 24, 12);
export const OLD = "7.12.1.100";
export const NEW = "7.13.0.1";

const MINUTE = 60_000;

export const STANDARD_RULES: Omit<Rules, "policy"> = {
  tickMs: 5000,
  gateLimitMs: 60 * MINUTE,
  quarantineRule: { percent: 50, atLeast: 1000 },
  standard: { upgradeMs: 30 * MINUTE, rollBackMs: 45 * MINUTE },
  quota: { perMinute: 30, perHour: 100 },
  noticeWaitMs: 15 * MINUTE,
};

export interface WorldOptions extends Partial<Omit<Rules, "policy">> {
  readonly policy: Rules["policy"];
  readonly organisations: readonly Organisation[];
  readonly durationsMs: Durations;
  readonly startAt?: number;
  readonly suite?: Suite;
  /** Whether the functional checks of an organisation pass later on. */
  readonly isWell?: (organisationId: string, version: string) => boolean;
  /** Infinity: there are no regular functional checks, only those that are asked for. */
  readonly checkEveryMs?: number;
  /** How long a call may take on its way, as far as the run lets it. */
  readonly longestDelayMs?: number;
  readonly mutation?: Mutation | undefined;
  readonly trace?: ((line: string) => void) | undefined;
}

export interface World {
  readonly time: { now: number };
  readonly startAt: number;
  readonly gates: Gates;
  readonly broker: SimBroker;
  readonly tables: SimTables;
  readonly controlPlane: SimControlPlane;
  readonly mailer: SimMailer;
  readonly surroundings: Surroundings;
  readonly watch: Watch;
  readonly organisations: readonly Organisation[];
  readonly rules: Rules;
  readonly mutation: Mutation | undefined;
  /** An actor with ports of its own. */
  actor(name: string): Worker;
  trace(line: () => string): void;
}

export interface Worker extends Actor {
  readonly clock: SimClock;
  readonly ports: Ports;
  /** Takes the head of a ready session and handles it as the Functions host does. */
  deliver(queue: string, session: string): Promise<Delivery>;
  /** Fires the reconciler's timer. */
  reconcile(): Promise<void>;
  /** Fires the timer that looks at all dates. */
  recheck(): Promise<void>;
  /** Fires the timer that sends notices. */
  sendNotices(limits?: NoticeSendLimits): Promise<void>;
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const { mutation, organisations, startAt = NOON } = options;
  const rules: Rules = { ...STANDARD_RULES, ...options };
  const time = { now: startAt };
  const now = (): number => time.now;
  const gates = createGates();
  const broker = simBroker({ now, keepsDuplicates: mutation === "duplicates kept" });
  const controlPlane = simControlPlane({
    now,
    organisationIds: organisations.map(({ organisationId }) => organisationId),
    version: OLD,
    durationsMs: options.durationsMs,
    mutation,
  });
  const mailer = simMailer({ now, quota: rules.quota });
  const surroundings = createSurroundings({
    now,
    checkEveryMs: options.checkEveryMs,
    isWell: (organisationId) => options.isWell?.(organisationId, watch.versionOf(organisationId)) ?? true,
  });
  const watch: Watch = createWatch({
    controlPlane,
    mailer,
    surroundings,
    initialVersion: OLD,
    now,
    standard: rules.standard,
    quarantineRule: rules.quarantineRule,
    longestDelayMs: options.longestDelayMs ?? 0,
    historyEntry: (campaignId, organisationId, sequence) =>
      tables.peek("Upgrades", campaignId, `h|${organisationId}|${String(sequence).padStart(6, "0")}`),
  });
  const tables = simTables({
    onCommit: (committed) => watch.onCommit(committed),
    ignoresEtags: mutation === "etags ignored",
    ...(mutation === "history outside the transaction" ? { forgets: (row: string) => row.startsWith("h|") } : {}),
  });
  await tables.ensure(TABLES.map((table) => table.name));
  const trace = (line: () => string): void => options.trace?.(line());
  for (const one of organisations) await organisationStore(tables).insert(one);
  const shared = {
    rules,
    suite: options.suite,
    initialVersion: OLD,
    mutation,
    broker,
    controlPlane,
    tables,
  };
  const parts: Parts = { ...shared, mailer, surroundings, watch, now, trace };
  const actor = (name: string): Worker => workerOf(parts, gates, name);
  return { ...parts, time, startAt, gates, tables, organisations, actor };
}

function workerOf(parts: Parts, gates: Gates, name: string): Worker {
  const { broker, mutation } = parts;
  const actor: Actor = { name, task: undefined };
  const guard = gates.guardOf(actor);
  const clock = simClock(parts.now, mutation);
  const ports = portsOf({ ...parts, now: () => clock.watch.guarded.now() }, guard);
  const held = {
    ...ports,
    clockWatch: clock.watch,
    reportClockOff: async (offsetMs: number) => {
      parts.trace(() => `  ${name} has a clock that is off by ${offsetMs}`);
    },
  };
  const neverAgain = mutation === "nothing sent again";
  const verbs = {
    advanceUpgrade: bind(ports, advanceUpgrade),
    advanceCampaign: (campaignId: string, redelivered: boolean) =>
      advanceCampaign(ports, campaignId, redelivered && !neverAgain),
  };
  const told = (queue: string, handler: Handler): readonly [string, Handler] => {
    const maxDeliveryCount = QUEUES.find((one) => one.name === queue)?.maxDeliveryCount ?? 1;
    const isSilent = mutation === "last delivery not told";
    return [
      queue,
      isSilent ? handler : reportingLastDelivery(ports, { name: queue, queue, maxDeliveryCount }, handler),
    ];
  };
  const handlers = new Map([
    told("upgrade-steps", heldQueueHandler(held, "upgrade-steps", advanceUpgradeHandler(verbs, ports))),
    told("campaign-ticks", heldQueueHandler(held, "campaign-ticks", advanceCampaignHandler(verbs, ports))),
  ]);
  const timer = (what: string, work: () => Promise<unknown>) =>
    gates.start(actor, what, () => unlessClockOff(held, what, async () => void (await work())));
  return Object.assign(actor, {
    ports,
    clock,
    async deliver(queue: string, session: string): Promise<Delivery> {
      const handler = handlers.get(queue);
      if (handler === undefined) throw new Error(`Nobody handles queue ${queue}.`);
      const delivery = broker.accept(queue, session);
      const handle = async (): Promise<void> => {
        await handler(structuredClone(delivery.message.body), contextOf(delivery));
        await guard("complete", async () => broker.complete(delivery));
      };
      const what = `${queue} ${delivery.message.id} (delivery ${delivery.count})`;
      await gates.start(actor, what, handle, () => broker.release(delivery));
      return delivery;
    },
    async reconcile(): Promise<void> {
      if (neverAgain || mutation === "no reconciler") return;
      await timer(
        "reconcile",
        reportingTimer(ports, "reconcile-upgrades", () => reconcile(ports)),
      );
    },
    async recheck(): Promise<void> {
      await timer("recheck", () => recheckAppointments(ports));
    },
    async sendNotices(limits?: NoticeSendLimits): Promise<void> {
      await timer("send notices", () => ports.notices.sendDue(limits));
    },
  });
}

type Handler = (message: unknown, context: InvocationContext) => Promise<void>;

/** The handlers read nothing else of the context. */
const contextOf = ({ count, session, message }: Delivery): InvocationContext =>
  ({
    triggerMetadata: { deliveryCount: count, sessionId: session, messageId: message.id },
  }) as unknown as InvocationContext;
