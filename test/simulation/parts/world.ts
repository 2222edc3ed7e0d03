// The real use cases and queue handlers over simulated ports, one set of ports per actor, everything behind gates.

import type { InvocationContext } from "@azure/functions";
import {
  advanceCampaignHandler,
  advanceUpgradeHandler,
  reconcileUpgradesHandler,
} from "../../../functions/upgrade-triggers.ts";
import { fleet } from "../../../local/fleet.ts";
import type { ControlPlane } from "../../../shared/docuware/control-plane.ts";
import type { Log } from "../../../shared/platform/log.ts";
import type { Cells, Table, Tables } from "../../../shared/platform/tables.ts";
import { advanceCampaign } from "../../../shared/upgrades/advance-campaign.ts";
import { advanceUpgrade } from "../../../shared/upgrades/advance-upgrade.ts";
import type { UpgradePolicy } from "../../../shared/upgrades/core/upgrade.ts";
import { performStep, type Verify } from "../../../shared/upgrades/perform-step.ts";
import { reconcile } from "../../../shared/upgrades/reconcile.ts";
import { upgradeStore } from "../../../shared/upgrades/store.ts";
import tableContract from "../../../infra/contract/tables.json" with { type: "json" };
import { createGates, type Actor, type Gates, type Guard } from "./gates.ts";
import { createWatch, type Watch } from "./invariants.ts";
import type { Mutation } from "./mutations.ts";
import { simBroker, type Delivery, type SimBroker } from "./sim-broker.ts";
import { simControlPlane, type Durations, type SimControlPlane } from "./sim-control-plane.ts";
import { simTables } from "./sim-tables.ts";

export const NOON = Date.UTC(2026, 10, 24, 12);
export const OLD = "7.12.1.100";
export const NEW = "7.13.0.1";

/** Whether the functional suite passes on an organisation with a version. */
export type Suite = (organisationId: string, version: string) => boolean;

export interface WorldOptions {
  readonly organisations: number;
  readonly durationsMs: Durations;
  readonly policy: UpgradePolicy;
  readonly suite?: Suite;
  readonly mutation?: Mutation | undefined;
  readonly trace?: ((line: string) => void) | undefined;
}

export type Member = ReturnType<typeof fleet>[number];
export type Ports = ReturnType<typeof portsOf>;

export interface World {
  readonly time: { now: number };
  readonly gates: Gates;
  readonly broker: SimBroker;
  readonly controlPlane: SimControlPlane;
  readonly watch: Watch;
  readonly members: readonly Member[];
  readonly mutation: Mutation | undefined;
  /** An actor with ports of its own. */
  actor(name: string): Worker;
  trace(line: () => string): void;
}

export interface Worker extends Actor {
  readonly ports: Ports;
  /** Takes the head of a ready session and handles it as the Functions host does. */
  deliver(queue: string, session: string): Promise<Delivery>;
  /** Fires the reconciler's timer. */
  reconcile(): Promise<void>;
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const { mutation } = options;
  const time = { now: NOON };
  const now = (): number => time.now;
  const members = fleet(options.organisations);
  const gates = createGates();
  const broker = simBroker({ now, keepsDuplicates: mutation === "duplicates kept" });
  const controlPlane = simControlPlane({
    now,
    organisationIds: members.map(({ organisationId }) => organisationId),
    version: OLD,
    durationsMs: options.durationsMs,
    mutation,
  });
  const trace = (line: () => string): void => options.trace?.(line());
  const watch: Watch = createWatch({
    controlPlane,
    initialVersion: OLD,
    historyEntry: (campaignId, organisationId, sequence) =>
      tables.peek("Upgrades", campaignId, `h|${organisationId}|${String(sequence).padStart(6, "0")}`),
  });
  const tables = simTables({
    onCommit: (committed) => watch.onCommit(committed),
    ignoresEtags: mutation === "etags ignored",
    ...(mutation === "history outside the transaction" ? { forgets: (row: string) => row.startsWith("h|") } : {}),
  });
  await tables.ensure(tableContract.tables.map((table) => table.name));
  const parts: Parts = { options, gates, broker, controlPlane, tables, watch, now, trace };
  const actor = (name: string): Worker => workerOf(parts, name);
  return { time, gates, broker, controlPlane, watch, members, mutation, actor, trace };
}

interface Parts {
  readonly options: WorldOptions;
  readonly gates: Gates;
  readonly broker: SimBroker;
  readonly controlPlane: SimControlPlane;
  readonly tables: Tables;
  readonly watch: Watch;
  readonly now: () => number;
  readonly trace: World["trace"];
}

function portsOf(parts: Parts, guard: Guard) {
  const { options, broker, controlPlane, watch } = parts;
  const tables = guardTables(parts.tables, guard, options.mutation);
  const send = broker.send.bind(broker);
  return {
    clock: { now: parts.now },
    log: logTo(parts.trace),
    tables,
    store: upgradeStore(tables),
    bus: {
      send: (...args: Parameters<typeof send>) => guard(`send ${args[0]}`, () => send(...args)),
      close: () => broker.close(),
    },
    policy: options.mutation === "no deadlines" ? withoutDeadlines(options.policy) : options.policy,
    tickMs: 5000,
    perform: performStep({
      controlPlane: guardControlPlane(controlPlane, guard),
      verify: verifyBy(watch, options, guard),
    }),
  };
}

function workerOf(parts: Parts, name: string): Worker {
  const { gates, broker, options } = parts;
  const actor: Actor = { name, task: undefined };
  const guard = gates.guardOf(actor);
  const ports = portsOf(parts, guard);
  const neverAgain = options.mutation === "nothing sent again";
  const deps = {
    ...ports,
    advanceUpgrade: (...[wake, first]: [Parameters<typeof advanceUpgrade>[1], boolean]) =>
      advanceUpgrade(ports, wake, first),
    advanceCampaign: (campaignId: string, redelivered: boolean) =>
      advanceCampaign(ports, campaignId, redelivered && !neverAgain),
    reconcile: () => reconcile(ports),
  };
  const handlers = new Map([
    ["upgrade-steps", advanceUpgradeHandler(deps)],
    ["campaign-ticks", advanceCampaignHandler(deps)],
  ]);
  return Object.assign(actor, {
    ports,
    async deliver(queue: string, session: string): Promise<Delivery> {
      const handler = handlers.get(queue);
      if (handler === undefined) throw new Error(`Nobody handles queue ${queue}.`);
      const delivery = broker.accept(queue, session);
      await gates.start(actor, `${queue} ${delivery.message.id} (delivery ${delivery.count})`, async () => {
        try {
          await handler(structuredClone(delivery.message.body), contextOf(delivery.count));
          await guard("complete", async () => broker.complete(delivery));
        } finally {
          broker.release(delivery);
        }
      });
      return delivery;
    },
    async reconcile(): Promise<void> {
      if (neverAgain || options.mutation === "no reconciler") return;
      await gates.start(actor, "reconcile", reconcileUpgradesHandler(deps));
    },
  });
}

/** The handlers read nothing of the context but the delivery count. */
const contextOf = (deliveryCount: number): InvocationContext =>
  ({ triggerMetadata: { deliveryCount } }) as unknown as InvocationContext;

/** The suite takes a moment, so it has a beginning and an end; the version is the one it found at the beginning. */
function verifyBy(watch: Watch, { suite, mutation }: WorldOptions, guard: Guard): Verify {
  return async (organisationId) => {
    const { passed, version } = await guard("suite begins", async () => ({
      passed: watch.suiteBegan(organisationId),
      version: watch.versionOf(organisationId),
    }));
    return guard("suite ends", async () => {
      if (mutation === "suite not run") return { kind: "passed", version };
      if (suite?.(organisationId, version) === false) return { kind: "failed", reason: "injected: the suite failed" };
      passed();
      return { kind: "passed", version };
    });
  };
}

function withoutDeadlines(policy: UpgradePolicy): UpgradePolicy {
  const long = 365 * 86_400_000;
  const { goingOffline: _, ...others } = policy.limitsMs;
  const limitsMs = { goingOffline: long, ...others, creatingRestorePoint: long, upgrading: long, restoring: long };
  return { ...policy, limitsMs: { ...limitsMs, goingOnline: long } };
}

const logTo = (trace: World["trace"]): Log => ({
  info: (event, fields) => trace(() => `  log ${event} ${JSON.stringify(fields)}`),
  warn: (event, fields) => trace(() => `  log ${event} ${JSON.stringify({ ...fields, failure: undefined })}`),
  error: (event, fields) => trace(() => `  log ${event} ${JSON.stringify(fields)}`),
});

function guardTables(tables: Tables, guard: Guard, mutation: Mutation | undefined): Tables {
  return {
    ensure: (names) => tables.ensure(names),
    table(name) {
      const table = mutated(name, tables.table(name), mutation);
      return {
        read: (key) => guard(`${name}.read`, () => table.read(key)),
        insert: (key, cells) => guard(`${name}.insert`, () => table.insert(key, cells)),
        replace: (key, cells, etag) => guard(`${name}.replace`, () => table.replace(key, cells, etag)),
        remove: (key, etag) => guard(`${name}.remove`, () => table.remove(key, etag)),
        transact: (partition, writes) => guard(`${name}.transact`, () => table.transact(partition, writes)),
        list: (query) => guard(`${name}.list`, () => table.list(query)),
      };
    },
  };
}

function mutated(name: string, table: Table, mutation: Mutation | undefined): Table {
  if (mutation === "claims ignored" && name === "UpgradeClaims") {
    return {
      ...table,
      list: async () => ({ rows: [], cursor: undefined }),
      transact: async (_, writes) => ({ kind: "written", etags: writes.map(() => "") }),
    };
  }
  const cell = mutation === "maxInFlight ignored" ? "maxInFlight" : "failureBudget";
  if (mutation !== `${cell} ignored` || name !== "Upgrades") return table;
  return withoutLimit(table, cell);
}

/** The campaign's row comes with a limit of 1,000, and goes back with its own. */
function withoutLimit(table: Table, cell: "maxInFlight" | "failureBudget"): Table {
  const restored = async (partition: string, row: string, cells: Cells): Promise<Cells> => {
    const limit = row === "c" ? (await table.read({ partition, row }))?.cells[cell] : undefined;
    return limit === undefined ? cells : { ...cells, [cell]: limit };
  };
  return {
    ...table,
    async read(key) {
      const row = await table.read(key);
      return row === undefined || key.row !== "c" ? row : { ...row, cells: { ...row.cells, [cell]: 1000 } };
    },
    replace: async (key, cells, etag) => table.replace(key, await restored(key.partition, key.row, cells), etag),
    async transact(partition, writes) {
      const whole = writes.map(async (write) =>
        write.kind === "remove" ? write : { ...write, cells: await restored(partition, write.row, write.cells) },
      );
      return table.transact(partition, await Promise.all(whole));
    },
  };
}

const guardControlPlane = (controlPlane: ControlPlane, guard: Guard): ControlPlane => ({
  begin: (request) => guard(`begin ${request.action.kind}`, () => controlPlane.begin(request)),
  poll: (organisationId, operationId) => guard("poll", () => controlPlane.poll(organisationId, operationId)),
  status: (organisationId) => guard("status", () => controlPlane.status(organisationId)),
});
