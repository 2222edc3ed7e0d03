// Runs in which nothing goes wrong but what the test arranges: for tests that look at one story.

import { POLICY } from "../../support/upgrades.ts";
import { openCampaigns } from "./end-check.ts";
import { startOf, type CampaignOptions, type Errand } from "./errands.ts";
import { sampleFleet } from "./organisations.ts";
import { all } from "./crash-run.ts";
import { createWorld, NEW, type World, type WorldOptions } from "./world.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../../shared/upgrades/resources.ts";

const RECONCILE_MS = 60_000;

/** A world with organisations of the sample fleet. */
export const calmWorld = (
  organisations: number,
  options: Partial<WorldOptions> & { readonly durationMs?: number } = {},
): Promise<World> =>
  createWorld({
    policy: POLICY,
    durationsMs: all(options.durationMs ?? 0),
    // Nobody sends mails here.
    noticeWaitMs: 0,
    ...options,
    organisations: sampleFleet(organisations),
  });

export async function doNow(world: World, errand: Errand): Promise<void> {
  const operator = world.actor("operator");
  const task = await world.gates.start(operator, errand.what, () => errand.run(operator.ports, world));
  await openAll(world);
  if (task.outcome?.error !== undefined) throw task.outcome.error;
}

/** Two people start a hotfix of all organisations. */
export async function startHotfix(world: World, options: Partial<CampaignOptions> = {}): Promise<void> {
  const wanted = { version: NEW, maxInFlight: 10, failureBudget: 1000, ...options };
  for (const errand of startOf("c-1", world.organisations, wanted)) await doNow(world, errand);
}

/** Delivers messages, and lets time pass, until every campaign has ended or so much time is over. */
export async function runFor(world: World, limitMs: number): Promise<void> {
  const worker = world.actor("worker");
  const timer = world.actor("timer");
  const end = world.time.now + limitMs;
  let nextReconcile = world.time.now + RECONCILE_MS;
  while (openCampaigns(world).length > 0 && world.time.now <= end && world.watch.broken === undefined) {
    const next = [UPGRADE_QUEUE, CAMPAIGN_QUEUE].flatMap((queue) =>
      world.broker.readySessions(queue).map((session) => ({ queue, session })),
    )[0];
    if (next !== undefined) {
      await worker.deliver(next.queue, next.session);
      await openAll(world);
    } else {
      world.time.now = Math.min(world.broker.nextDueAt() ?? nextReconcile, nextReconcile);
      if (world.time.now < nextReconcile) continue;
      nextReconcile += RECONCILE_MS;
      await timer.reconcile();
      await openAll(world);
    }
  }
}

async function openAll(world: World): Promise<void> {
  for (let gate = world.gates.waiting[0]; gate !== undefined; gate = world.gates.waiting[0]) {
    await world.gates.open(gate, { kind: "go" });
    for (const { organisationId } of world.organisations) world.watch.observe(organisationId);
  }
}
