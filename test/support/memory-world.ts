// The real use cases over in-memory ports and a virtual clock: one worker that takes messages in order, and can be
// killed before or after any call that leaves the process.

import { createMemoryControlPlane, type MemoryControlPlane } from "../../shared/docuware/memory-control-plane.ts";
import type { ControlPlane } from "../../shared/docuware/control-plane.ts";
import { memoryBus, type MemoryBus, type QueuedMessage } from "../../shared/platform/memory-bus.ts";
import { memoryLog } from "../../shared/platform/log.ts";
import { memoryTables } from "../../shared/platform/memory-tables.ts";
import type { Table, Tables } from "../../shared/platform/tables.ts";
import type { Bus } from "../../shared/platform/bus.ts";
import { advanceCampaign } from "../../shared/upgrades/advance-campaign.ts";
import { advanceUpgrade } from "../../shared/upgrades/advance-upgrade.ts";
import { createCampaign } from "../../shared/upgrades/create-campaign.ts";
import { CAMPAIGN_QUEUE, tickSchema, UPGRADE_QUEUE, wakeSchema } from "../../shared/upgrades/messages.ts";
import { performStep, type Verify } from "../../shared/upgrades/perform-step.ts";
import { reconcile } from "../../shared/upgrades/reconcile.ts";
import { steerCampaign } from "../../shared/upgrades/steer-campaign.ts";
import { upgradeStore } from "../../shared/upgrades/store.ts";
import queues from "../../infra/contract/queues.json" with { type: "json" };
import tableContract from "../../infra/contract/tables.json" with { type: "json" };
import { fleet } from "../../local/fleet.ts";
import { NOON, POLICY } from "./upgrades.ts";

export const OLD = "7.12.1.100";
export const NEW = "7.13.0.1";

/** The process died: whatever it had in memory is gone. */
export class Crash extends Error {}

export interface WorldOptions {
  readonly organisations?: number;
  readonly durationMs?: number;
  readonly maxInFlight?: number;
  readonly failureBudget?: number;
  /** The number of the outside call, from 1, at which the process dies, and whether the call takes effect. */
  readonly crashAt?: { readonly call: number; readonly effect: "lost" | "done" };
}

export type World = ReturnType<typeof createWorld>;

export function createWorld(options: WorldOptions = {}) {
  const time = { now: NOON };
  const clock = { now: () => time.now };
  const members = fleet(options.organisations ?? 2);
  const bus = memoryBus({ clock, queues: queues.queues });
  const controlPlane = createMemoryControlPlane({
    clock,
    organisations: members.map(({ organisationId }) => ({ organisationId, availability: "online", version: OLD })),
    durationsMs: all(options.durationMs ?? 0),
  });
  const outside = countCalls(options.crashAt);
  const rawTables = memoryTables();
  const tables = guardTables(rawTables, outside.guard);
  const log = memoryLog();
  const ports: Ports = {
    clock,
    log,
    tables,
    store: upgradeStore(tables),
    bus: guardBus(bus, outside.guard),
    policy: POLICY,
    tickMs: 5000,
    perform: performStep({
      controlPlane: guardControlPlane(controlPlane, outside.guard),
      verify: verifyBy(controlPlane),
    }),
  };
  return {
    time,
    members,
    bus,
    controlPlane,
    log,
    outside,
    ports,
    store: upgradeStore(rawTables),
    maxInFlight: options.maxInFlight ?? 10,
    failureBudget: options.failureBudget ?? 1000,
  };
}

/** The suite is a use case of its own with its own tests: here it passes, and reads the version from the organisation. */
const verifyBy =
  (controlPlane: MemoryControlPlane): Verify =>
  async (organisationId) => ({
    kind: "passed",
    version: (await controlPlane.status(organisationId)).version,
  });

interface Ports {
  readonly clock: { now(): number };
  readonly log: ReturnType<typeof memoryLog>;
  readonly tables: Tables;
  readonly store: ReturnType<typeof upgradeStore>;
  readonly bus: Bus;
  readonly policy: typeof POLICY;
  readonly tickMs: number;
  readonly perform: ReturnType<typeof performStep>;
}

const all = (ms: number) => ({ takeOffline: ms, createRestorePoint: ms, upgrade: ms, restore: ms, bringOnline: ms });

/** Two people start a hotfix for the whole fleet; repeated until it worked, as its callers do after a crash. */
export async function startHotfix(world: World): Promise<string> {
  const { ports, members, maxInFlight } = world;
  await ports.tables.ensure(tableContract.tables.map((table) => table.name));
  const campaignId = "c-1";
  const organisations = members.map(({ contact, number: _, ...member }) => ({
    ...member,
    contacts: [contact],
    platformUrl: "https://x.example",
  }));
  organisations.sort((a, b) => (a.organisationId < b.organisationId ? -1 : 1));
  await patiently(() =>
    createCampaign(
      ports,
      { campaignId, version: NEW, organisations, maxInFlight, failureBudget: world.failureBudget },
      { kind: "tool", clientId: "operator-a" },
    ),
  );
  for (const clientId of ["operator-a", "operator-b"]) {
    await patiently(() => steerCampaign(ports, campaignId, "approve", { kind: "tool", clientId }));
  }
  return campaignId;
}

async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  }
}

/** Delivers messages, and lets time pass, until the campaign has ended; throws when it has not after six hours. */
export async function runToEnd(world: World, campaignId: string): Promise<void> {
  const limit = world.time.now + 6 * 3_600_000;
  const deliveries = new Map<number, number>();
  let nextReconcile = world.time.now + 60_000;
  for (let step = 0; step < 20_000; step++) {
    const message = nextMessage(world);
    if (message !== undefined) await deliver(world, message, deliveries);
    else if (await hasEnded(world, campaignId)) return;
    else {
      world.time.now = Math.min(world.bus.nextDueAt() ?? nextReconcile, nextReconcile);
      if (world.time.now >= nextReconcile) {
        nextReconcile += 60_000;
        await patiently(() => reconcile(world.ports));
      }
    }
    if (world.time.now > limit) throw new Error("The campaign did not end within six hours.");
  }
  throw new Error("The campaign did not end within 20,000 messages.");
}

interface Delivered {
  readonly queue: string;
  readonly message: QueuedMessage;
}

function nextMessage({ bus, time }: World): Delivered | undefined {
  for (const queue of [UPGRADE_QUEUE, CAMPAIGN_QUEUE]) {
    const message = bus.due(queue, time.now)[0];
    if (message !== undefined) return { queue, message };
  }
  return undefined;
}

async function deliver(world: World, { queue, message }: Delivered, deliveries: Map<number, number>): Promise<void> {
  const count = (deliveries.get(message.sequence) ?? 0) + 1;
  deliveries.set(message.sequence, count);
  if (count > 5) throw new Error(`Message ${message.messageId} was dead-lettered.`);
  try {
    await world.outside.guard("receive", () => Promise.resolve());
    if (queue === UPGRADE_QUEUE) await advanceUpgrade(world.ports, wakeSchema.parse(message.body), count === 1);
    else await advanceCampaign(world.ports, tickSchema.parse(message.body).campaignId, count > 1);
    await world.outside.guard("complete", async () => {
      world.bus.complete(queue, message);
    });
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
}

async function hasEnded({ store }: World, campaignId: string): Promise<boolean> {
  const stored = await store.readCampaign(campaignId);
  return stored?.campaign.endedAt !== undefined;
}

type Guard = <T>(name: string, call: () => Promise<T>) => Promise<T>;

function countCalls(crashAt: WorldOptions["crashAt"]) {
  const calls: string[] = [];
  const guard: Guard = async (name, call) => {
    calls.push(name);
    const isHere = crashAt?.call === calls.length;
    if (isHere && crashAt.effect === "lost") throw new Crash();
    const result = await call();
    if (isHere) throw new Crash();
    return result;
  };
  return { calls, guard };
}

function guardTables(tables: Tables, guard: Guard): Tables {
  return {
    ensure: (names) => tables.ensure(names),
    table(name) {
      const table = tables.table(name);
      const guarded: Table = {
        read: (key) => guard(`${name}.read`, () => table.read(key)),
        insert: (key, cells) => guard(`${name}.insert`, () => table.insert(key, cells)),
        replace: (key, cells, etag) => guard(`${name}.replace`, () => table.replace(key, cells, etag)),
        remove: (key, etag) => guard(`${name}.remove`, () => table.remove(key, etag)),
        transact: (partition, writes) => guard(`${name}.transact`, () => table.transact(partition, writes)),
        list: (query) => guard(`${name}.list`, () => table.list(query)),
      };
      return guarded;
    },
  };
}

const guardBus = (bus: MemoryBus, guard: Guard): Bus => ({
  send: (queue, messages) => guard(`send ${queue}`, () => bus.send(queue, messages)),
  close: () => bus.close(),
});

const guardControlPlane = (controlPlane: ControlPlane, guard: Guard): ControlPlane => ({
  begin: (request) => guard(request.action.kind, () => controlPlane.begin(request)),
  poll: (organisationId, operationId) => guard("poll", () => controlPlane.poll(organisationId, operationId)),
  status: (organisationId) => guard("status", () => controlPlane.status(organisationId)),
});
