// The process dies at every call to the outside world while events are published and sent: each event reaches the endpoint
// at least once, always under the same id, in order, and nothing stays behind.

import { describe, expect, test } from "vitest";
import { Crash, guardTables, survive, type CrashGuard } from "../../support/crash.ts";
import { webhookVerbs } from "../../../shared/webhooks/verbs.ts";
import { event, MINUTE, NOON, type World, subscribed } from "./support.ts";

/** Dies at call number `at`: before it is carried out, or after. */
function death(at: number, when: "before" | "after") {
  let calls = 0;
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Crash();
  };
  return {
    calls: () => calls,
    happened: () => isDead,
    guard: async <T>(call: () => Promise<T>): Promise<T> => {
      if (isDead) throw new Crash();
      calls += 1;
      const isNow = calls === at;
      if (isNow && when === "before") die();
      const result = await call();
      if (isDead || isNow) die();
      return result;
    },
  };
}
const EVENTS = 3;
/** When later processes run: around the end of a lease, and after the first pauses. */
const LATER = [0, 1, 2, 3, 6, 10, 20, 40, 80];

/** One process: publishes all events, as whoever publishes does again after a failure, and lets the timer run once. */
async function process(world: World, guard: CrashGuard): Promise<void> {
  const verbs = webhookVerbs({
    ...world.world,
    tables: guardTables(world.raw, guard),
    post: (...args) => guard(() => world.hook.post(...args)),
    raiseIncident: (incident) => guard(() => world.world.raiseIncident(incident)),
  });
  await survive(async () => {
    for (let n = 1; n <= EVENTS; n++) await verbs.publish(event(n));
    await verbs.sendDue();
  });
}

type Prepare = (world: World) => void | Promise<void>;

/** How many calls to the outside a run without a crash makes. */
async function countCalls(prepare: Prepare): Promise<number> {
  const { world } = await subscribed();
  await prepare(world);
  const counting = death(0, "before");
  await process(world, counting.guard);
  return counting.calls();
}

async function livesThrough(at: number, when: "before" | "after", prepare: Prepare): Promise<World> {
  const { world } = await subscribed();
  await prepare(world);
  const first = death(at, when);
  await process(world, first.guard);
  expect(first.happened()).toBe(true);
  // The next processes; the lease of the dead one ends meanwhile.
  for (const minutes of LATER) {
    world.time.now = NOON + minutes * MINUTE;
    await process(world, death(0, "before").guard);
  }
  return world;
}

const idsByStep = (world: World) => {
  const ids = new Map<unknown, Set<string>>();
  for (const { step, id } of world.hook.received) ids.set(step, (ids.get(step) ?? new Set()).add(id));
  return ids;
};

describe.each(["before", "after"] as const)("a death %s each call", (when) => {
  test("loses no event, and repeats one under the same id at most", async () => {
    const calls = await countCalls(() => undefined);
    expect(calls).toBeGreaterThan(15);
    for (let at = 1; at <= calls; at++) {
      const world = await livesThrough(at, when, () => undefined);
      const ids = idsByStep(world);
      expect(new Set(ids.keys()), `call ${at}`).toEqual(new Set([1, 2, 3]));
      expect(
        [...ids.values()].map(({ size }) => size),
        `call ${at}`,
      ).toEqual([1, 1, 1]);
      expect(world.hook.received.length, `call ${at}`).toBeLessThanOrEqual(EVENTS + 1);
      const firsts = world.hook.steps().filter((step, index, all) => all.indexOf(step) === index);
      expect(firsts, `call ${at}`).toEqual([1, 2, 3]);
      await expectAtRest(world);
    }
  });

  test("at an endpoint that answers 410 raises one incident and disables it", async () => {
    const isGone = (world: World): void => world.hook.replies(() => ({ statusCode: 410 }));
    const calls = await countCalls(isGone);
    for (let at = 1; at <= calls; at++) {
      const world = await livesThrough(at, when, isGone);
      const [stored] = await world.verbs.store.allWebhooks();
      expect(stored?.webhook.status, `call ${at}`).toBe("disabled");
      expect(world.incidents.size, `call ${at}`).toBe(1);
    }
  });

  test("at an endpoint that refuses events for the last time counts each of them once", async () => {
    const isLastTry = async (world: World): Promise<void> => {
      world.hook.replies(() => ({ statusCode: 404 }));
      for (let n = 1; n <= EVENTS; n++) await world.verbs.publish(event(n));
      const [webhook] = await world.verbs.store.allWebhooks();
      for (const { webhookId, deliveryId } of await world.ledger(webhook?.webhook.webhookId ?? "")) {
        const stored = await world.verbs.store.readDelivery(webhookId, deliveryId);
        if (stored === undefined) throw new Error("The delivery is not there.");
        await world.verbs.store.saveDelivery(stored, { ...stored.delivery, round: 9 });
      }
    };
    const calls = await countCalls(isLastTry);
    for (let at = 1; at <= calls; at++) {
      const world = await livesThrough(at, when, isLastTry);
      const [stored] = await world.verbs.store.allWebhooks();
      expect(stored?.webhook.failedInARow, `call ${at}`).toHaveLength(EVENTS);
      expect(stored?.webhook.status, `call ${at}`).toBe("enabled");
    }
  });

  test("at an endpoint that fails twice delivers all the same", async () => {
    const failsTwice = (world: World): void =>
      world.hook.replies((_, count) => ({ statusCode: count <= 2 ? 503 : 200 }));
    const calls = await countCalls(failsTwice);
    for (let at = 1; at <= calls; at++) {
      const world = await livesThrough(at, when, failsTwice);
      expect(
        [...idsByStep(world).values()].map(({ size }) => size),
        `call ${at}`,
      ).toEqual([1, 1, 1]);
      await expectAtRest(world);
    }
  });
});

/** Everything is delivered and the queue is empty. */
async function expectAtRest(world: World): Promise<void> {
  const [stored] = await world.verbs.store.allWebhooks();
  const webhookId = stored?.webhook.webhookId ?? "";
  const statuses = (await world.ledger(webhookId)).map(({ status }) => status);
  expect(statuses).toEqual(["delivered", "delivered", "delivered"]);
  const queue = await world.raw.table("WebhookDeliveries").list({ partition: webhookId, rowPrefix: "q|", limit: 10 });
  expect(queue.rows).toEqual([]);
}
