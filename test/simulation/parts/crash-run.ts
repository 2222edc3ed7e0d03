// A run without chance: messages in order, calls in turn, and the process dies at given calls. One worker, or two that
// get every message at the same time and take turns call by call.

import { POLICY } from "../../support/upgrades.ts";
import { checkEnd, checkOutcome, openCampaigns } from "./end-check.ts";
import { startOf, steerOne, type Errand } from "./errands.ts";
import type { Gate, Task } from "./gates.ts";
import type { Broken } from "./invariants.ts";
import type { Mutation } from "./mutations.ts";
import { sampleFleet } from "./organisations.ts";
import type { Durations } from "./sim-control-plane.ts";
import { createWorld, NEW, OLD, type Worker, type World } from "./world.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../../shared/upgrades/resources.ts";

export interface CrashPoint {
  /** The number of the call, from 1, counted over the whole run. */
  readonly call: number;
  readonly effect: "lost" | "done";
}

interface Scenario {
  readonly kind: "hotfix" | "upgrade";
  readonly fails: boolean;
  readonly durationMs: number;
}

export const SCENARIOS = {
  "upgrade, steps end at once": { kind: "hotfix", fails: false, durationMs: 0 },
  "roll-back, steps end at once": { kind: "hotfix", fails: true, durationMs: 0 },
  "upgrade, steps are polled": { kind: "hotfix", fails: false, durationMs: 4000 },
  "roll-back, steps are polled": { kind: "hotfix", fails: true, durationMs: 4000 },
  "announced upgrade": { kind: "upgrade", fails: false, durationMs: 0 },
  "announced upgrade that is rolled back": { kind: "upgrade", fails: true, durationMs: 0 },
} as const satisfies Record<string, Scenario>;
export type ScenarioName = keyof typeof SCENARIOS;

const isScenario = (name: string): name is ScenarioName => name in SCENARIOS;
const named = (kind: Scenario["kind"]): readonly ScenarioName[] =>
  Object.keys(SCENARIOS)
    .filter(isScenario)
    .filter((name) => SCENARIOS[name].kind === kind);
/** Of hotfixes, which start at once. */
export const SCENARIO_NAMES = named("hotfix");
/** Of upgrades that are announced four weeks ahead, with their mails. */
export const ANNOUNCED_NAMES = named("upgrade");

export interface CrashRunOptions {
  readonly scenario: ScenarioName;
  readonly workers: 1 | 2;
  readonly organisations: number;
  readonly crashes: readonly CrashPoint[];
  /** Whether the calls of creating and approving the campaign count too. */
  readonly fromCreation?: boolean;
  readonly mutation?: Mutation | undefined;
}

export interface CrashRun {
  readonly broken: Broken | undefined;
  readonly calls: readonly Call[];
}

export interface Call {
  readonly name: string;
  /** The first one of its task, e.g. of the handling of a message. */
  readonly isFirst: boolean;
}

export const all = (ms: number): Durations => ({
  takeOffline: ms,
  createRestorePoint: ms,
  upgrade: ms,
  restore: ms,
  bringOnline: ms,
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LIMIT_MS = { hotfix: 8 * HOUR, upgrade: 70 * DAY };

interface Run {
  readonly world: World;
  readonly calls: Call[];
  readonly begun: WeakSet<Task>;
  readonly crashAt: ReadonlyMap<number, "lost" | "done">;
  readonly kind: Scenario["kind"];
  isCounting: boolean;
}

/** Runs a campaign to its end; throws for a run that ends neither well nor by a broken invariant. */
export async function runWithCrashes(options: CrashRunOptions): Promise<CrashRun> {
  const { fails, durationMs, kind } = SCENARIOS[options.scenario];
  const world = await createWorld({
    organisations: sampleFleet(options.organisations),
    durationsMs: all(durationMs),
    policy: POLICY,
    // Nobody sends the mails of hotfixes here.
    noticeWaitMs: 0,
    mutation: options.mutation,
  });
  const first = world.organisations[0]?.organisationId ?? "";
  if (fails) world.controlPlane.inject({ organisationId: first, operation: "upgrade", effect: "fail" });
  const crashAt = new Map(options.crashes.map(({ call, effect }) => [call, effect]));
  const run: Run = { world, calls: [], begun: new WeakSet(), crashAt, kind, isCounting: options.fromCreation === true };
  const operator = world.actor("operator");
  const errands = startOf("c-1", world.organisations, {
    kind,
    version: NEW,
    maxInFlight: options.organisations,
    failureBudget: 100,
  });
  for (const errand of errands) if (world.watch.broken === undefined) await doErrand(run, operator, errand);
  if (world.watch.broken === undefined && !world.watch.campaigns.has("c-1"))
    throw new Error("The campaign was refused.");
  run.isCounting = true;
  await runToEnd(run, options.workers);
  if (world.watch.broken === undefined) checkEnd(world, (id) => (fails && id === first ? OLD : NEW));
  return { broken: world.watch.broken, calls: run.calls };
}

async function doErrand(run: Run, operator: Worker, { what, run: work }: Errand): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const task = await run.world.gates.start(operator, what, () => work(operator.ports, run.world));
    await openAll(run);
    if (task.outcome?.error === undefined || run.world.watch.broken !== undefined) return;
    checkOutcome(run.world, task);
  }
  throw new Error(`${what} did not succeed in five attempts.`);
}

async function runToEnd(run: Run, workers: 1 | 2): Promise<void> {
  const { world, kind } = run;
  const crew = Array.from({ length: workers }, (_, index) => world.actor(`worker ${index + 1}`));
  const [reconciler, sender] = [world.actor("reconciler"), world.actor("sender")];
  const end = world.time.now + LIMIT_MS[kind];
  let [reconciledAt, sentAt] = [world.time.now, 0];
  let retried = false;
  while (world.watch.broken === undefined && world.time.now <= end) {
    const ready = nextReady(world);
    // Mails of hotfixes are sent in the seeded runs: here they would only take time.
    const sendAt = kind === "hotfix" ? Infinity : Math.max(world.watch.nextNoticeAt() ?? Infinity, sentAt + MINUTE);
    const reconcileAt = reconciledAt + (kind === "hotfix" || world.watch.underWay() > 0 ? MINUTE : HOUR);
    if (ready !== undefined) await deliverTo(run, crew, ready);
    else if (openCampaigns(world).length === 0 && sendAt === Infinity) return;
    else world.time.now = Math.max(world.time.now, Math.min(world.broker.nextDueAt() ?? Infinity, reconcileAt, sendAt));
    if (world.time.now >= sendAt) {
      sentAt = world.time.now;
      await sender.sendNotices();
      await openAll(run);
    }
    if (ready !== undefined || world.time.now < reconcileAt) continue;
    reconciledAt = world.time.now;
    await reconciler.reconcile();
    await openAll(run);
    if (!retried) retried = await retryStuck(run);
  }
}

/** In the weeks between the announcement and the window nothing happens that does not happen at their ends as well. */
function isOfInterest({ world, kind, isCounting }: Run): boolean {
  if (!isCounting || kind === "hotfix") return isCounting;
  const { now } = world.time;
  const starts = [...world.watch.upgrades.values()].map(({ appointment }) => appointment?.start ?? 0);
  return now < world.startAt + HOUR || now >= Math.min(...starts) - MINUTE;
}

/** Nobody needs a human in these runs; if somebody does all the same, the operator does what operators do. */
async function retryStuck(run: Run): Promise<boolean> {
  const stuck = [...run.world.watch.upgrades.values()].find(({ state }) => state === "needsHuman");
  if (stuck === undefined) return false;
  await doErrand(run, run.world.actor("support"), steerOne(stuck.campaignId, stuck.organisationId, "retry"));
  return true;
}

function nextReady({ broker }: World): readonly [queue: string, session: string] | undefined {
  for (const queue of [UPGRADE_QUEUE, CAMPAIGN_QUEUE]) {
    const session = broker.readySessions(queue)[0];
    if (session !== undefined) return [queue, session];
  }
  return undefined;
}

/** With two workers the lock is lost as soon as the message is taken, so both get it. */
async function deliverTo(run: Run, crew: readonly Worker[], [queue, session]: readonly [string, string]) {
  const { world } = run;
  for (const [index, worker] of crew.entries()) {
    if (index > 0 && !world.broker.readySessions(queue).includes(session)) break;
    const delivery = await worker.deliver(queue, session);
    if (index < crew.length - 1) world.broker.release(delivery);
  }
  await openAll(run);
}

/** Lets the calls of all actors through, in turn, until everybody has ended. */
async function openAll(run: Run): Promise<void> {
  const { world, calls, crashAt } = run;
  let last: Gate | undefined;
  for (;;) {
    const { waiting } = world.gates;
    const gate = waiting.find(({ actor }) => actor !== last?.actor) ?? waiting[0];
    if (gate === undefined || world.watch.broken !== undefined) return;
    last = gate;
    const counts = isOfInterest(run);
    if (counts) calls.push({ name: gate.call, isFirst: !run.begun.has(gate.task) });
    run.begun.add(gate.task);
    const effect = counts ? crashAt.get(calls.length) : undefined;
    await world.gates.open(gate, effect === undefined ? { kind: "go" } : { kind: "crash", effect });
    for (const { organisationId } of world.organisations) world.watch.observe(organisationId);
    if (gate.task.outcome !== undefined) checkOutcome(world, gate.task);
  }
}
