// A run in which one seed decides everything: who works when, what is lost, late, doubled, refused or hung, who dies.
// After a while the faults stop, and everything has to come to its end.

import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../../shared/upgrades/messages.ts";
import { checkEnd, checkOutcome, openCampaigns } from "./end-check.ts";
import { steer, steerOne, type Errand } from "./errands.ts";
import type { Fate, Gate } from "./gates.ts";
import { isInFlight, type Broken } from "./invariants.ts";
import type { Mutation } from "./mutations.ts";
import { seededRandom, type Random } from "./random.ts";
import { drawPlan, type Plan } from "./seeded-plan.ts";
import type { Delivery } from "./sim-broker.ts";
import { createWorld, NOON, type Worker, type World } from "./world.ts";

export interface SeededRun {
  readonly broken: Broken | undefined;
  readonly steps: number;
  readonly virtualMs: number;
}

const RECONCILE_MS = 60_000;
/** After the faults; the longest legal way is every deadline used up, twice, and waits of ten minutes in between. */
const CALM_LIMIT_MS = 24 * 3_600_000;
const STEP_LIMIT = 40_000;
/** Without faults one retry by an operator is enough; this many in vain mean that the way back is shut. */
const RETRIES = 5;
/** A completed reconciler run sends a look; the queue may drop it as a duplicate for ten minutes, not longer. */
const MISSES_ALLOWED = 12;
/**
 * Looks lie on one grid per step, so only messages of past steps and repeated ones are in the queue besides; and one for
 * each minute in which all workers are frozen, from the reconciler.
 */
const WAKES_ALLOWED = 25;

interface Run {
  readonly world: World;
  readonly random: Random;
  readonly plan: Plan;
  readonly crew: readonly Worker[];
  readonly timer: Worker;
  readonly operators: readonly Operator[];
  readonly deliveries: Map<Worker, Delivery>;
  readonly frozenUntil: Map<Worker, number>;
  readonly misses: Map<string, number>;
  readonly retried: Map<string, number>;
  nextReconcile: number;
  isCalm: boolean;
  hasTrapped: boolean;
  steps: number;
}

interface Operator {
  readonly worker: Worker;
  readonly errands: Errand[];
}

/** `trace` gets one line per step; two runs of the same seed give the same lines. */
export async function runSeed(
  seed: number,
  options: { readonly mutation?: Mutation | undefined; readonly trace?: (line: string) => void } = {},
): Promise<SeededRun> {
  const random = seededRandom(seed);
  const plan = drawPlan(random);
  const world = await createWorld({ ...plan.world, mutation: options.mutation, trace: options.trace });
  for (const fault of plan.controlPlaneFaults) world.controlPlane.inject(fault);
  const run: Run = {
    world,
    random,
    plan,
    crew: Array.from({ length: plan.workers }, (_, index) => world.actor(`worker ${index + 1}`)),
    timer: world.actor("timer"),
    operators: plan
      .errandsOf(world.members)
      .map((errands, index) => ({ worker: world.actor(`operator ${index + 1}`), errands: [...errands] })),
    deliveries: new Map(),
    frozenUntil: new Map(),
    misses: new Map(),
    retried: new Map(),
    nextReconcile: NOON + RECONCILE_MS,
    isCalm: false,
    hasTrapped: false,
    steps: 0,
  };
  while (world.watch.broken === undefined && (await step(run)));
  if (world.watch.broken === undefined) checkEnd(world);
  return { broken: world.watch.broken, steps: run.steps, virtualMs: world.time.now - NOON };
}

/** One step of anybody; false when there is nothing left to do. */
async function step(run: Run): Promise<boolean> {
  const { world, random } = run;
  run.steps += 1;
  if (!run.isCalm && (world.time.now - NOON > run.plan.faultsForMs || run.steps > run.plan.faultSteps)) calmDown(run);
  if (run.steps > STEP_LIMIT || world.time.now - NOON > run.plan.faultsForMs + CALM_LIMIT_MS) {
    world.watch.break(
      "I8",
      `no end after ${run.steps} steps and ${Math.round((world.time.now - NOON) / 60_000)} minutes`,
    );
    return false;
  }
  if (!run.isCalm) disturb(run);
  const choices = choicesOf(run);
  if (choices.length === 0) return passTime(run);
  if (!run.isCalm && random.chance(run.plan.rates.slow)) await passTime(run);
  await random.pick(choices)();
  check(run);
  return true;
}

type Choice = () => Promise<void>;

function choicesOf(run: Run): readonly Choice[] {
  const { world, crew, timer, operators } = run;
  const isAwake = (actor: Gate["actor"]): boolean =>
    ![...run.frozenUntil].some(([worker, until]) => worker === actor && until > world.time.now);
  const choices = world.gates.waiting
    .filter(({ actor }) => isAwake(actor))
    .map(
      (gate): Choice =>
        () =>
          openGate(run, gate),
    );
  const free = crew.find((worker) => worker.task === undefined && isAwake(worker));
  if (free !== undefined) {
    for (const queue of [UPGRADE_QUEUE, CAMPAIGN_QUEUE]) {
      for (const session of world.broker.readySessions(queue)) choices.push(() => deliver(run, free, queue, session));
    }
  }
  if (timer.task === undefined && world.time.now >= run.nextReconcile) choices.push(() => fireTimer(run));
  for (const operator of operators) {
    const errand = operator.errands[0];
    if (operator.worker.task === undefined && errand !== undefined) choices.push(() => begin(run, operator, errand));
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
  if (actor === run.timer && ended) countMisses(run);
}

function isTrapped(run: Run, { actor, call }: Gate): boolean {
  const worker = run.crew.find((one) => one === actor);
  if (run.isCalm || run.hasTrapped || worker === undefined || call !== run.plan.trap) return false;
  run.hasTrapped = true;
  freeze(run, worker);
  return true;
}

function freeze(run: Run, worker: Worker): void {
  run.frozenUntil.set(worker, run.world.time.now + run.random.between(1, run.plan.longestFreezeMs));
  run.world.trace(() => `${stamp(run)} ${worker.name}: freezes`);
  loseLock(run, worker);
}

function fateOf({ isCalm, random, plan }: Run, gate: Gate): Fate {
  if (isCalm) return { kind: "go" };
  const roll = random.next();
  const effect = random.chance(0.5) ? "lost" : "done";
  if (roll < plan.rates.crash) return { kind: "crash", effect };
  const isOut = plan.outages.some((call) => gate.call.startsWith(call));
  if (isOut && roll < 0.95) return { kind: "fail", effect: "lost" };
  if (roll < plan.rates.crash + plan.rates.fail) {
    return { kind: "fail", effect, ...(random.chance(0.3) ? { retryAfterMs: random.between(100, 60_000) } : {}) };
  }
  return { kind: "go" };
}

async function deliver(run: Run, worker: Worker, queue: string, session: string): Promise<void> {
  const delivery = await worker.deliver(queue, session);
  run.deliveries.set(worker, delivery);
  run.world.trace(() => `${stamp(run)} ${worker.name}: takes ${delivery.message.id} (delivery ${delivery.count})`);
}

async function fireTimer(run: Run): Promise<void> {
  run.nextReconcile += RECONCILE_MS * Math.max(1, Math.ceil((run.world.time.now - run.nextReconcile) / RECONCILE_MS));
  run.world.trace(() => `${stamp(run)} timer: fires`);
  await run.timer.reconcile();
}

async function begin(run: Run, { worker }: Operator, errand: Errand): Promise<void> {
  run.world.trace(() => `${stamp(run)} ${worker.name}: ${errand.what}`);
  await run.world.gates.start(worker, errand.what, () => errand.run(worker.ports));
}

/** Locks run out, workers freeze, messages get lost, although nobody calls anything. */
function disturb(run: Run): void {
  const { world, random, plan, crew } = run;
  const busy = crew.filter((worker) => worker.task !== undefined);
  if (busy.length > 0 && random.chance(plan.rates.lockLost)) loseLock(run, random.pick(busy));
  if (busy.length > 0 && random.chance(plan.rates.freeze)) freeze(run, random.pick(busy));
  if (random.chance(plan.rates.messageLost)) {
    const session = world.broker.readySessions(UPGRADE_QUEUE)[0];
    if (session === undefined) return;
    world.trace(() => `${stamp(run)} a message of ${session} expires`);
    world.broker.expire(UPGRADE_QUEUE, session);
  }
}

function loseLock(run: Run, worker: Worker): void {
  const delivery = run.deliveries.get(worker);
  if (delivery === undefined) return;
  run.world.trace(() => `${stamp(run)} ${worker.name}: loses the lock of ${delivery.session}`);
  run.world.broker.release(delivery);
}

function calmDown(run: Run): void {
  run.isCalm = true;
  run.world.controlPlane.clearFaults();
  run.world.trace(() => `${stamp(run)} the faults stop`);
}

/** To the next moment at which something happens; false when nothing will. */
async function passTime(run: Run): Promise<boolean> {
  const { world } = run;
  if (run.isCalm && world.gates.waiting.length === 0) {
    if (openCampaigns(world).length === 0 || [...run.retried.values()].some((times) => times > RETRIES)) return false;
    helpOut(run);
  }
  const moments = [world.broker.nextDueAt(), run.nextReconcile, ...run.frozenUntil.values()];
  const next = Math.min(...moments.filter((at) => at !== undefined && at > world.time.now).map(Number));
  world.time.now = Number.isFinite(next) ? next : world.time.now + 1000;
  check(run);
  return true;
}

/** What an operator does when the faults are over: bring every campaign to its end. */
function helpOut(run: Run): void {
  const { watch } = run.world;
  const errands = run.operators[0]?.errands ?? [];
  if (errands.length > 0) return;
  const once = (key: string, most: number): boolean => {
    const count = run.retried.get(key) ?? 0;
    run.retried.set(key, count + 1);
    return count < most;
  };
  for (const { state, campaignId, organisationId } of watch.upgrades.values()) {
    if (state === "needsHuman" && once(`${campaignId}|${organisationId}`, RETRIES)) {
      errands.push(steerOne(campaignId, organisationId, "retry"));
    }
  }
  for (const { state, campaignId } of openCampaigns(run.world)) {
    if (state === "draft") errands.push(steer(campaignId, "approve"), steer(campaignId, "approve", "operator-b"));
    // A campaign whose failure budget is used up pauses again at once: then it is given up.
    if (state === "paused") errands.push(steer(campaignId, once(campaignId, 1) ? "resume" : "abort"));
  }
}

function check(run: Run): void {
  const { world } = run;
  for (const { organisationId } of world.members) {
    world.watch.observe(organisationId);
    const wakes = world.broker.countOf(UPGRADE_QUEUE, organisationId);
    if (wakes > WAKES_ALLOWED + run.plan.longestFreezeMs / RECONCILE_MS)
      world.watch.break("I10", `${wakes} wake-ups of ${organisationId} are in the queue`);
  }
}

/** After a complete run of the reconciler: who is under way, quiet for a minute, and has no message all the same. */
function countMisses({ world, misses }: Run): void {
  for (const { campaignId, organisationId, state, enteredAt } of world.watch.upgrades.values()) {
    const isQuiet = isInFlight(state) && state !== "needsHuman" && world.time.now - enteredAt > 60_000;
    const key = `${campaignId}|${organisationId}`;
    if (!isQuiet || world.broker.countOf(UPGRADE_QUEUE, organisationId) > 0) misses.delete(key);
    else misses.set(key, (misses.get(key) ?? 0) + 1);
    if ((misses.get(key) ?? 0) > MISSES_ALLOWED) {
      world.watch.break(
        "I1",
        `${organisationId} is ${state}, and ${MISSES_ALLOWED} runs of the reconciler did not wake it`,
      );
    }
  }
}

const stamp = ({ steps, world }: Run): string => `${steps} +${world.time.now - NOON}ms`;
