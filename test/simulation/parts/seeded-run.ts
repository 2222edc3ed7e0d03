// A run in which one seed decides everything: who works when, what is lost, late, doubled, refused or hung, who dies.
// After a while the faults stop, and everything has to come to its end.

import { checkEnd, checkOutcome, openCampaigns } from "./end-check.ts";
import type { Errand } from "./errands.ts";
import type { Gate } from "./gates.ts";
import type { Broken } from "./invariants.ts";
import type { Mutation } from "./mutations.ts";
import { seededRandom } from "./random.ts";
import { clocked, disturb, fateOf, freeze, helpOut } from "./seeded-faults.ts";
import { drawPlan } from "./seeded-plan.ts";
import type { Theme } from "./seeded-themes.ts";
import { BOUND_MS } from "./sim-clock.ts";
import { stamp, type Operator, type Run, type Timer } from "./seeded-state.ts";
import { isInFlight } from "./watch-states.ts";
import { createWorld, type Worker } from "./world.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../../shared/upgrades/resources.ts";

export interface SeededRun {
  readonly broken: Broken | undefined;
  readonly steps: number;
  readonly virtualMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** After the faults; the longest legal way is every deadline used up, twice, and waits of ten minutes in between. */
const CALM_LIMIT_MS = { hotfix: 24 * HOUR, upgrade: 400 * DAY };
const STEP_LIMIT = { hotfix: 40_000, upgrade: 120_000 };
/** A completed reconciler run sends a look; the queue may drop it as a duplicate for ten minutes, not longer. */
const MISSES_ALLOWED = 12;
/**
 * Looks and ticks lie on grids, so only messages of past steps and repeated ones are in a queue besides the next one; and
 * one from the reconciler for each minute in which a worker was frozen, since it may be the one that is awaited.
 */
const MESSAGES_ALLOWED = 12;

/** What kind of campaign a seed is about. */
export const kindOf = (seed: number): "hotfix" | "upgrade" => drawPlan(seededRandom(seed)).kind;

export interface SeededOptions {
  readonly mutation?: Mutation | undefined;
  /** Instead of the one that the seed decides. */
  readonly theme?: Theme | undefined;
  readonly trace?: (line: string) => void;
}

/** `trace` gets one line per step; two runs of the same seed give the same lines. */
export async function runSeed(seed: number, options: SeededOptions = {}): Promise<SeededRun> {
  const random = seededRandom(seed);
  const plan = drawPlan(random, options.theme);
  const world = await createWorld({ ...plan.world, mutation: options.mutation, trace: options.trace });
  for (const fault of plan.controlPlaneFaults) world.controlPlane.inject(fault);
  const run: Run = {
    world,
    random,
    clockRandom: seededRandom(seed),
    plan,
    crew: Array.from({ length: plan.workers }, (_, index) => world.actor(`worker ${index + 1}`)),
    timers: timersOf(world.actor("reconciler"), world.actor("sender"), world.actor("calendar"), world.startAt),
    operators: plan.errands.map((errands, index) => ({
      worker: world.actor(`operator ${index + 1}`),
      errands: [...errands],
    })),
    deliveries: new Map(),
    frozenUntil: new Map(),
    misses: new Map(),
    retried: new Map(),
    isCalm: false,
    calmSince: Infinity,
    isHopeless: false,
    idleMs: 0,
    downUntil: undefined,
    hasTrapped: false,
    steps: 0,
    refused: 0,
  };
  while (world.watch.broken === undefined && (await step(run)));
  if (world.watch.broken === undefined) checkEnd(world);
  if (world.watch.broken === undefined) checkNotices(run);
  return { broken: world.watch.broken, steps: run.steps, virtualMs: world.time.now - world.startAt };
}

function timersOf(reconciler: Worker, sender: Worker, calendar: Worker, now: number): readonly Timer[] {
  return [
    {
      worker: reconciler,
      firedAt: now,
      fire: () => reconciler.reconcile(),
      // While nothing is under way it matters only for campaigns whose wake-up was lost.
      dueAt: (run, firedAt) => firedAt + (isBusy(run) ? MINUTE : 3 * HOUR),
    },
    {
      worker: sender,
      firedAt: now,
      fire: () => sender.sendNotices(),
      dueAt: ({ world }, firedAt) => Math.max(world.watch.nextNoticeAt() ?? Infinity, firedAt + MINUTE),
    },
    { worker: calendar, firedAt: now, fire: () => calendar.recheck(), dueAt: (_, firedAt) => firedAt + DAY },
  ];
}

const isBusy = ({ world, plan }: Run): boolean => plan.kind === "hotfix" || world.watch.underWay() > 0;

/** One step of anybody; false when there is nothing left to do. */
async function step(run: Run): Promise<boolean> {
  const { world, random, plan } = run;
  run.steps += 1;
  const elapsed = world.time.now - world.startAt;
  if (!run.isCalm && (elapsed > plan.faultsForMs || run.steps > plan.faultSteps)) calmDown(run);
  if (run.steps > STEP_LIMIT[plan.kind] || elapsed > plan.faultsForMs + CALM_LIMIT_MS[plan.kind]) {
    world.watch.break("I13", `no end after ${run.steps} steps and ${Math.round(elapsed / MINUTE)} minutes`);
    return false;
  }
  if (!run.isCalm) disturb(run);
  const choices = choicesOf(run);
  if (choices.length === 0) return passTime(run);
  if (!run.isCalm && random.chance(plan.rates.slow)) await passTime(run, true);
  await random.pick(choices)();
  check(run);
  return true;
}

type Choice = () => Promise<void>;

function choicesOf(run: Run): readonly Choice[] {
  const { world, crew, timers, operators, frozenUntil } = run;
  const { now } = world.time;
  const isAwake = (worker: Gate["actor"]): boolean =>
    ![...frozenUntil].some(([frozen, until]) => frozen === worker && until > now);
  const choices = world.gates.waiting
    .filter(({ actor }) => isAwake(actor))
    .map(
      (gate): Choice =>
        () =>
          openGate(run, gate),
    );
  const isDown = now < (run.downUntil ?? 0);
  const free = isDown ? undefined : crew.find((worker) => worker.task === undefined && isAwake(worker));
  if (free !== undefined) {
    for (const queue of [UPGRADE_QUEUE, CAMPAIGN_QUEUE]) {
      for (const session of world.broker.readySessions(queue)) choices.push(() => deliver(run, free, queue, session));
    }
  }
  for (const timer of timers) {
    if (!isDown && timer.worker.task === undefined && now >= timer.dueAt(run, timer.firedAt))
      choices.push(() => fire(run, timer));
  }
  for (const operator of operators) {
    const errand = operator.errands[0];
    if (operator.worker.task !== undefined || errand === undefined || (errand.at ?? 0) > now) continue;
    if (errand.when?.(world) !== false) choices.push(() => begin(run, operator, errand));
  }
  return choices;
}

async function openGate(run: Run, gate: Gate): Promise<void> {
  if (isTrapped(run, gate)) return;
  const fate = fateOf(run, gate);
  const { world } = run;
  world.trace(
    () => `${stamp(run)} ${gate.actor.name}: ${gate.call}${fate.kind === "go" ? "" : ` ${fate.kind}, ${fate.effect}`}`,
  );
  await world.gates.open(gate, fate);
  const { task, actor } = gate;
  if (task.outcome === undefined) return;
  world.trace(
    () => `${stamp(run)} ${actor.name}: end of ${task.what}${task.outcome?.error === undefined ? "" : ", failed"}`,
  );
  checkOutcome(world, task);
  const ended = task.outcome.error === undefined;
  const operator = run.operators.find(({ worker }) => worker === actor);
  if (operator !== undefined && ended) operator.errands.shift();
  const worker = run.crew.find((one) => one === actor);
  const session = worker === undefined ? undefined : run.deliveries.get(worker)?.session;
  if (session !== undefined && ended) world.watch.silence.handled(session);
  if (task.what === "reconcile" && ended) countMisses(run);
}

function isTrapped(run: Run, { actor, call }: Gate): boolean {
  const worker = run.crew.find((one) => one === actor);
  if (run.isCalm || run.hasTrapped || worker === undefined || call !== run.plan.trap) return false;
  run.hasTrapped = true;
  freeze(run, worker);
  return true;
}

async function deliver(run: Run, worker: Worker, queue: string, session: string): Promise<void> {
  const delivery = await worker.deliver(queue, session);
  run.deliveries.set(worker, delivery);
  run.world.trace(() => `${stamp(run)} ${worker.name}: takes ${delivery.message.id} (delivery ${delivery.count})`);
}

async function fire(run: Run, timer: Timer): Promise<void> {
  timer.firedAt = run.world.time.now;
  run.world.trace(() => `${stamp(run)} ${timer.worker.name}: fires`);
  await timer.fire();
}

async function begin(run: Run, { worker }: Operator, errand: Errand): Promise<void> {
  run.world.trace(() => `${stamp(run)} ${worker.name}: ${errand.what}`);
  await run.world.gates.start(worker, errand.what, () => errand.run(worker.ports, run.world));
  // Work without any call is done already.
  if (worker.task === undefined) run.operators.find((one) => one.worker === worker)?.errands.shift();
}

function calmDown(run: Run): void {
  run.isCalm = true;
  run.calmSince = run.world.time.now;
  for (const { clock } of clocked(run)) clock.set(0);
  run.world.controlPlane.clearFaults();
  run.world.trace(() => `${stamp(run)} the faults stop`);
}

/** To the next moment at which something happens; false when nothing will. `isSlow`: although somebody could go on. */
async function passTime(run: Run, isSlow = false): Promise<boolean> {
  const { world, operators, timers } = run;
  const { time, gates, broker } = world;
  if (run.isCalm && gates.waiting.length === 0) {
    const isOver = openCampaigns(world).length === 0 && (world.watch.nextNoticeAt() ?? Infinity) > time.now + DAY;
    if (isOver || run.isHopeless) return false;
    helpOut(run);
  }
  const moments = [
    broker.nextDueAt() ?? Infinity,
    run.downUntil ?? Infinity,
    ...run.frozenUntil.values(),
    ...timers.map((timer) => timer.dueAt(run, timer.firedAt)),
    ...operators.map(({ errands }) => errands[0]?.at ?? Infinity),
  ];
  const next = Math.min(...moments.filter((at) => at > time.now));
  // A call does not take longer than a minute, unless its worker is frozen.
  const most = isSlow || gates.waiting.length > 0 ? time.now + MINUTE : Infinity;
  const before = time.now;
  time.now = Number.isFinite(next) || Number.isFinite(most) ? Math.min(next, most) : time.now + 1000;
  const isFrozen = run.crew.some((worker) => (run.frozenUntil.get(worker) ?? 0) > before);
  if (isFrozen || before < (run.downUntil ?? 0)) run.idleMs += time.now - before;
  check(run);
  return true;
}

function check(run: Run): void {
  const { world } = run;
  const { broker, watch } = world;
  // Where nothing goes wrong by chance, everything is told at once.
  if (run.plan.isClean === true && !run.isCalm) {
    watch.silence.checkFailures();
    watch.silence.checkDeadlines(world.time.now - MINUTE);
  }
  const allowed = MESSAGES_ALLOWED + run.idleMs / MINUTE;
  const checkQueue = (queue: string, session: string): void => {
    const count = broker.countOf(queue, session);
    if (count > allowed) watch.break("I10", `${count} messages of ${session} are in ${queue}`);
  };
  for (const { organisationId } of world.organisations) {
    watch.observe(organisationId);
    checkQueue(UPGRADE_QUEUE, organisationId);
  }
  checkTimes(run);
  for (const campaignId of watch.campaigns.keys()) checkQueue(CAMPAIGN_QUEUE, campaignId);
}

/** Nobody whose clock is off may act: nothing is written with a time that has not come. */
function checkTimes({ world, plan }: Run): void {
  if (plan.clockRate === 0) return;
  for (const { organisationId, enteredAt } of world.watch.upgrades.values()) {
    const aheadMs = enteredAt - world.time.now;
    if (aheadMs > BOUND_MS + 1000) {
      world.watch.break("I18", `${organisationId} is in a state that it enters in ${Math.round(aheadMs / 1000)} s`);
    }
  }
}

/** So soon after the reconciler a wake-up is due, whatever wrong clocks have sent and written. */
const WITHIN_MS = MINUTE + 5000;

/** After a complete run of the reconciler: who is under way, quiet for a minute, and has no message all the same. */
function countMisses(run: Run): void {
  const { world, misses } = run;
  // Its calls may have taken a minute each; an incident that could not be raised is raised by the next run.
  if (run.isCalm && world.time.now > run.calmSince + 5 * MINUTE)
    world.watch.silence.checkDeadlines(world.time.now - 5 * MINUTE);
  for (const { campaignId, organisationId, state, enteredAt } of world.watch.upgrades.values()) {
    const isQuiet = isInFlight(state) && state !== "needsHuman" && world.time.now - enteredAt > MINUTE;
    const key = `${campaignId}|${organisationId}`;
    const dueIn = world.broker.nextDueOf(UPGRADE_QUEUE, organisationId) - world.time.now;
    if (!isQuiet || dueIn <= WITHIN_MS) misses.delete(key);
    else misses.set(key, (misses.get(key) ?? 0) + 1);
    if ((misses.get(key) ?? 0) > MISSES_ALLOWED) {
      world.watch.break(
        "I1",
        `${organisationId} is ${state}, and ${MISSES_ALLOWED} runs of the reconciler did not wake it`,
      );
    }
  }
}

/** Everything has ended: nobody may be reminded of it any more. */
function checkNotices({ world }: Run): void {
  const left = world.watch.pendingNotices();
  if (left.length > 0) world.watch.break("I12", `when all has ended, these notices wait: ${left.join(", ")}`);
}
