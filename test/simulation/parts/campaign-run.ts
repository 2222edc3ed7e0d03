// A whole campaign of kind upgrade with the durations of a real one, from its creation over the notices, four weeks of
// waiting and the windows of every zone to its end: who works when is drawn from one seed, and three upgrades in a hundred
// fail and are rolled back.

import { POLICY } from "../../support/upgrades.ts";
import { checkEnd, checkOutcome, openCampaigns } from "./end-check.ts";
import { startOf } from "./errands.ts";
import type { Gate } from "./gates.ts";
import type { Broken } from "./invariants.ts";
import { sampleFleet } from "./organisations.ts";
import { seededRandom, type Random } from "./random.ts";
import type { Delivery } from "./sim-broker.ts";
import { createWorld, NEW, OLD, type Worker, type World } from "./world.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../../shared/upgrades/resources.ts";

export interface CampaignRun {
  readonly broken: Broken | undefined;
  readonly virtualMs: number;
  readonly rolledBack: number;
  readonly counts: Counts;
}

interface Counts {
  /** Calls let through and messages taken. */
  events: number;
  ticks: number;
  tableCalls: number;
  mails: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DURATIONS = {
  takeOffline: 30_000,
  createRestorePoint: 120_000,
  upgrade: 480_000,
  restore: 180_000,
  bringOnline: 20_000,
};
/** Three rings, each with monthly windows: by then all of them must be through. */
const LIMIT_MS = 250 * DAY;
const WORKERS = 8;

export async function runCampaign(organisations: number, seed = 1): Promise<CampaignRun> {
  const random = seededRandom(seed);
  const world = await createWorld({
    organisations: sampleFleet(organisations),
    durationsMs: DURATIONS,
    policy: POLICY,
    tickMs: 30_000,
    // Ten thousand announcements in ten hours.
    quota: { perMinute: 100, perHour: 1000 },
    quarantineRule: { percent: 30, atLeast: 10 },
  });
  const failing = new Set(
    world.organisations.filter((_, index) => [17, 50, 83].includes(index % 100)).map((one) => one.organisationId),
  );
  for (const organisationId of failing)
    world.controlPlane.inject({ organisationId, operation: "upgrade", effect: "fail" });
  const size = {
    maxInFlight: Math.min(1000, Math.max(2, Math.ceil(organisations / 10))),
    failureBudget: organisations,
    standardSoakMs: DAY,
    rings: undefined,
  };
  const operator = world.actor("operator");
  for (const { what, run } of startOf("c-1", world.organisations, { kind: "upgrade", version: NEW, ...size })) {
    await world.gates.start(operator, what, () => run(operator.ports, world));
    for (let gate = world.gates.waiting[0]; gate !== undefined; gate = world.gates.waiting[0]) {
      await world.gates.open(gate, { kind: "go" });
    }
  }
  const counts = await work(world, random);
  if (world.watch.broken === undefined) checkEnd(world, (id) => (failing.has(id) ? OLD : NEW));
  return { broken: world.watch.broken, virtualMs: world.time.now - world.startAt, rolledBack: failing.size, counts };
}

interface Timer {
  readonly worker: Worker;
  readonly fire: () => Promise<void>;
  readonly dueAt: () => number;
  firedAt: number;
}

async function work(world: World, random: Random): Promise<Counts> {
  const { gates, time, watch } = world;
  const crew = Array.from({ length: WORKERS }, (_, index) => world.actor(`worker ${index + 1}`));
  const timers = timersOf(world);
  const deliveries = new Map<Gate["actor"], Delivery>();
  const counts: Counts = { events: 0, ticks: 0, tableCalls: 0, mails: 0 };
  while (watch.broken === undefined) {
    await takeMessages(world, crew, deliveries, counts);
    for (const timer of timers) {
      if (timer.worker.task !== undefined || time.now < timer.dueAt()) continue;
      timer.firedAt = time.now;
      await timer.fire();
    }
    if (gates.waiting.length > 0) await letThrough(world, random.pick(gates.waiting), deliveries, counts);
    else if (openCampaigns(world).length === 0 && watch.nextNoticeAt() === undefined) break;
    else {
      const next = Math.min(world.broker.nextDueAt() ?? Infinity, ...timers.map((timer) => timer.dueAt()));
      time.now = Math.max(time.now, next);
      if (time.now - world.startAt > LIMIT_MS) watch.break("I13", `the campaign did not end in ${LIMIT_MS / DAY} days`);
    }
  }
  return { ...counts, mails: world.mailer.taken.size };
}

/** The reconciler comes every minute while anything is under way; dates are looked at again every day. */
function timersOf(world: World): readonly Timer[] {
  const { watch, startAt } = world;
  const [reconciler, sender, calendar] = [world.actor("reconciler"), world.actor("sender"), world.actor("calendar")];
  const timer = (worker: Worker, fire: () => Promise<void>, dueAt: (firedAt: number) => number): Timer => {
    const made: Timer = { worker, fire, firedAt: startAt, dueAt: () => dueAt(made.firedAt) };
    return made;
  };
  const isBusy = (): boolean => watch.underWay() > 0;
  return [
    timer(
      reconciler,
      () => reconciler.reconcile(),
      (firedAt) => firedAt + (isBusy() ? MINUTE : HOUR),
    ),
    timer(
      sender,
      () => sender.sendNotices(),
      (firedAt) => Math.max(watch.nextNoticeAt() ?? Infinity, firedAt + MINUTE),
    ),
    timer(
      calendar,
      () => calendar.recheck(),
      (firedAt) => firedAt + DAY,
    ),
  ];
}

async function letThrough(
  world: World,
  gate: Gate,
  deliveries: ReadonlyMap<Gate["actor"], Delivery>,
  counts: Counts,
): Promise<void> {
  await world.gates.open(gate, { kind: "go" });
  counts.events += 1;
  if (gate.call.includes(".")) counts.tableCalls += 1;
  const delivery = deliveries.get(gate.actor);
  if (delivery?.queue === UPGRADE_QUEUE) world.watch.observe(delivery.session);
  if (gate.task.outcome !== undefined) checkOutcome(world, gate.task);
}

/** Gives every free worker a message. */
async function takeMessages(
  world: World,
  crew: readonly Worker[],
  deliveries: Map<Gate["actor"], Delivery>,
  counts: Counts,
): Promise<void> {
  const free = crew.filter((worker) => worker.task === undefined);
  if (free.length === 0) return;
  const ready = [CAMPAIGN_QUEUE, UPGRADE_QUEUE].flatMap((queue) =>
    world.broker.readySessions(queue).map((session) => ({ queue, session })),
  );
  for (const [index, worker] of free.entries()) {
    const next = ready[index];
    if (next === undefined) return;
    deliveries.set(worker, await worker.deliver(next.queue, next.session));
    counts.events += 1;
    if (next.queue === CAMPAIGN_QUEUE) counts.ticks += 1;
  }
}
