// A whole campaign with the durations of a real one, from creation to its end: who works when is drawn from one seed, and
// one upgrade in a hundred fails and is rolled back.

import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../../shared/upgrades/messages.ts";
import { POLICY } from "../../support/upgrades.ts";
import { checkEnd, checkOutcome, openCampaigns } from "./end-check.ts";
import { startOf } from "./errands.ts";
import type { Gate } from "./gates.ts";
import type { Broken } from "./invariants.ts";
import { seededRandom, type Random } from "./random.ts";
import type { Delivery } from "./sim-broker.ts";
import { createWorld, NEW, NOON, OLD, type Worker, type World } from "./world.ts";

export interface CampaignRun {
  readonly broken: Broken | undefined;
  /** Calls let through and messages taken. */
  readonly events: number;
  readonly virtualMs: number;
  readonly rolledBack: number;
}

const DURATIONS = {
  takeOffline: 30_000,
  createRestorePoint: 120_000,
  upgrade: 480_000,
  restore: 180_000,
  bringOnline: 20_000,
};
const RECONCILE_MS = 60_000;
const LIMIT_MS = 28 * 86_400_000;
const WORKERS = 8;

export async function runCampaign(organisations: number, seed = 1): Promise<CampaignRun> {
  const random = seededRandom(seed);
  const world = await createWorld({ organisations, durationsMs: DURATIONS, policy: POLICY });
  const failing = new Set(
    world.members.filter(({ number }) => number % 100 === 50).map(({ organisationId }) => organisationId),
  );
  for (const organisationId of failing)
    world.controlPlane.inject({ organisationId, operation: "upgrade", effect: "fail" });
  const size = {
    maxInFlight: Math.min(1000, Math.max(1, Math.ceil(organisations / 10))),
    failureBudget: organisations,
  };
  const operator = world.actor("operator");
  for (const { what, run } of startOf("c-1", world.members, { version: NEW, ...size })) {
    await world.gates.start(operator, what, () => run(operator.ports));
    for (let gate = world.gates.waiting[0]; gate !== undefined; gate = world.gates.waiting[0]) {
      await world.gates.open(gate, { kind: "go" });
    }
  }
  const events = await work(world, random);
  if (world.watch.broken === undefined) checkEnd(world, (id) => (failing.has(id) ? OLD : NEW));
  return { broken: world.watch.broken, events, virtualMs: world.time.now - NOON, rolledBack: failing.size };
}

async function work(world: World, random: Random): Promise<number> {
  const crew = Array.from({ length: WORKERS }, (_, index) => world.actor(`worker ${index + 1}`));
  const timer = world.actor("timer");
  const deliveries = new Map<Gate["actor"], Delivery>();
  let nextReconcile = NOON + RECONCILE_MS;
  let events = 0;
  while (world.watch.broken === undefined) {
    events += await takeMessages(world, crew, deliveries);
    if (world.gates.waiting.length > 0) {
      const gate = random.pick(world.gates.waiting);
      await world.gates.open(gate, { kind: "go" });
      events += 1;
      const delivery = deliveries.get(gate.actor);
      if (delivery?.queue === UPGRADE_QUEUE) world.watch.observe(delivery.session);
      if (gate.task.outcome !== undefined) checkOutcome(world, gate.task);
    } else if (openCampaigns(world).length === 0) {
      break;
    } else {
      world.time.now = Math.min(world.broker.nextDueAt() ?? nextReconcile, nextReconcile);
      if (world.time.now - NOON > LIMIT_MS) world.watch.break("I8", "the campaign did not end within four weeks");
      if (world.time.now < nextReconcile) continue;
      nextReconcile += RECONCILE_MS;
      await timer.reconcile();
    }
  }
  return events;
}

/** Gives every free worker a message; how many were given. */
async function takeMessages(
  world: World,
  crew: readonly Worker[],
  deliveries: Map<Gate["actor"], Delivery>,
): Promise<number> {
  const free = crew.filter((worker) => worker.task === undefined);
  if (free.length === 0) return 0;
  const ready = [CAMPAIGN_QUEUE, UPGRADE_QUEUE].flatMap((queue) =>
    world.broker.readySessions(queue).map((session) => ({ queue, session })),
  );
  for (const [index, worker] of free.entries()) {
    const next = ready[index];
    if (next === undefined) return index;
    deliveries.set(worker, await worker.deliver(next.queue, next.session));
  }
  return free.length;
}
