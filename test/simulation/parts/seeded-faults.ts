// What goes wrong in a seeded run, and what operators do when the faults are over.

import { openCampaigns } from "./end-check.ts";
import { lift, resendAll, steer, steerOne } from "./errands.ts";
import type { Fate, Gate } from "./gates.ts";
import { drawClockFault } from "./sim-clock.ts";
import { stamp, type Run } from "./seeded-state.ts";
import type { Worker } from "./world.ts";
import { UPGRADE_QUEUE } from "../../../shared/upgrades/resources.ts";

export function fateOf(run: Run, gate: Gate): Fate {
  const { isCalm, random, plan } = run;
  if (isCalm) return { kind: "go" };
  if (isRefused(run, gate)) return { kind: "refuse", effect: "lost" };
  const roll = random.next();
  const effect = random.chance(0.5) ? "lost" : "done";
  if (roll < plan.rates.crash) return { kind: "crash", effect };
  const isOut = run.steps >= (plan.outagesFrom ?? 0) && plan.outages.some((call) => gate.call.startsWith(call));
  if (isOut && roll < 0.95) return { kind: "fail", effect: "lost" };
  if (roll < plan.rates.crash + plan.rates.fail) {
    return { kind: "fail", effect, ...(random.chance(0.3) ? { retryAfterMs: random.between(100, 60_000) } : {}) };
  }
  return { kind: "go" };
}

function isRefused(run: Run, { actor, call }: Gate): boolean {
  const { refusal } = run.plan;
  const worker = run.crew.find((one) => one === actor);
  const session = worker === undefined ? undefined : run.deliveries.get(worker)?.session;
  if (refusal === undefined || session === undefined || run.steps < refusal.fromStep) return false;
  if (call !== refusal.call || run.refused >= refusal.times) return false;
  run.refused += 1;
  run.world.watch.silence.refused(session);
  return true;
}

/** Locks run out, workers freeze, messages get lost, although nobody calls anything. */
export function disturb(run: Run): void {
  const { world, random, plan, crew } = run;
  const busy = crew.filter((worker) => worker.task !== undefined);
  if (busy.length > 0 && random.chance(plan.rates.lockLost)) loseLock(run, random.pick(busy));
  if (busy.length > 0 && random.chance(plan.rates.freeze)) freeze(run, random.pick(busy));
  if (run.clockRandom.chance(plan.clockRate)) disturbClock(run);
  if (run.downUntil === undefined && plan.outageMs > 0) startOutage(run);
  if (random.chance(plan.rates.messageLost)) {
    const session = world.broker.readySessions(UPGRADE_QUEUE)[0];
    if (session === undefined) return;
    world.trace(() => `${stamp(run)} a message of ${session} expires`);
    world.broker.expire(UPGRADE_QUEUE, session);
  }
}

/** Whoever has a clock that may be wrong: people's calls are refused by an instance whose clock is off. */
export const clocked = ({ crew, timers }: Run): readonly Worker[] => [...crew, ...timers.map(({ worker }) => worker)];

function disturbClock(run: Run): void {
  const worker = run.clockRandom.pick(clocked(run));
  const [offsetMs, drift] = run.clockRandom.chance(0.4) ? [0, 0] : drawClockFault(run.clockRandom);
  worker.clock.set(offsetMs, drift);
  run.world.trace(() => `${stamp(run)} ${worker.name}: its clock is off by ${offsetMs} ms, and ${drift} ms per second`);
}

function startOutage(run: Run): void {
  const { broker, watch, time } = run.world;
  const waits = broker.readySessions(UPGRADE_QUEUE);
  const isHit = [...watch.upgrades.values()].some(
    ({ state, organisationId }) => state === "goingOffline" && waits.includes(organisationId),
  );
  if (!isHit) return;
  run.downUntil = time.now + run.plan.outageMs;
  run.world.trace(() => `${stamp(run)} the app is down for ${run.plan.outageMs} ms`);
}

export function freeze(run: Run, worker: Worker): void {
  run.frozenUntil.set(worker, run.world.time.now + run.random.between(1, run.plan.longestFreezeMs));
  run.world.trace(() => `${stamp(run)} ${worker.name}: freezes`);
  loseLock(run, worker);
}

function loseLock(run: Run, worker: Worker): void {
  const delivery = run.deliveries.get(worker);
  if (delivery === undefined) return;
  run.world.trace(() => `${stamp(run)} ${worker.name}: loses the lock of ${delivery.session}`);
  run.world.broker.release(delivery);
}

/** Without faults one retry by an operator is enough; this many in vain mean that the way back is shut. */
const RETRIES = 5;

/** What operators do when the faults are over: bring every campaign to its end. */
export function helpOut(run: Run): void {
  const { watch } = run.world;
  const errands = run.operators[0]?.errands ?? [];
  if (errands.length > 0) return;
  const once = (key: string, most: number): boolean => {
    const count = run.retried.get(key) ?? 0;
    if (count < most) run.retried.set(key, count + 1);
    return count < most;
  };
  for (const { state, campaignId, organisationId } of watch.upgrades.values()) {
    if (state !== "needsHuman") continue;
    if (once(`${campaignId}|${organisationId}`, RETRIES)) errands.push(steerOne(campaignId, organisationId, "retry"));
    else run.isHopeless = true;
  }
  for (const { state, campaignId, version } of openCampaigns(run.world)) {
    if (state === "draft" && once(`draft ${campaignId}`, 2)) {
      errands.push(steer(campaignId, "approve"), steer(campaignId, "approve", "operator-b"));
    } else if (state === "draft") errands.push(steer(campaignId, "abort"));
    // A campaign whose failure budget is used up pauses again at once: then it is given up.
    if (state === "paused" && once(campaignId, 1)) {
      if (watch.quarantined > 0) errands.push(lift(version, "operator-a"), lift(version, "operator-b"));
      errands.push(steer(campaignId, "resume"));
    } else if (state === "paused") errands.push(steer(campaignId, "abort"));
  }
  if (errands.length === 0 && run.plan.kind === "upgrade") resendFailed(run, once);
}

/** Support looks after mails that came back, once per organisation. */
function resendFailed({ world, operators }: Run, once: (key: string, most: number) => boolean): void {
  for (const { campaignId, organisationId, state } of world.watch.upgrades.values()) {
    const key = `mail ${campaignId}|${organisationId}`;
    if (state !== "scheduled" || operators[0] === undefined) continue;
    if (!world.surroundings.tasks.has(`${campaignId}|${organisationId}`) || !once(key, 1)) continue;
    operators[0].errands.push(resendAll(campaignId, organisationId));
  }
}
