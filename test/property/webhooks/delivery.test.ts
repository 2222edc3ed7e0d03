// Whatever an endpoint does over days, and whatever gets lost on the way: every event arrives or is recorded as failed, always under one
// id, and the events of one upgrade in order unless one of them has waited half an hour (SW1 to SW3).

import fc from "fast-check";
import { expect, test } from "vitest";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { HOLD_MS } from "../../../shared/webhooks/core/delivery.ts";
import { createWorld, DAY, event, MINUTE, NOON } from "../../unit/webhooks/support.ts";

const REPLIES = {
  good: () => ({ statusCode: 200 }),
  refused: () => ({ statusCode: 422 }),
  down: () => ({ statusCode: 503 }),
  busy: () => ({ statusCode: 429, headers: { "retry-after": "900" } }),
  silent: () => new TransientFailure("no answer"),
  // It has arrived, but nobody here knows.
  lost: () => new TransientFailure("the connection broke"),
} as const;
type Reply = keyof typeof REPLIES;

interface Phase {
  readonly minutes: number;
  readonly replies: readonly Reply[];
  /** Events of upgrade 0 or 1, published at its beginning. */
  readonly publish: readonly number[];
}

const reply = fc.constantFrom<Reply>("good", "good", "good", "refused", "down", "busy", "silent", "lost");
const phase: fc.Arbitrary<Phase> = fc.record({
  minutes: fc.constantFrom(1, 1, 2, 5, 40, 300),
  replies: fc.array(reply, { minLength: 1, maxLength: 4 }),
  publish: fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 4 }),
});

const subjectOf = (n: number, upgrade: number) =>
  event(n, { at: NOON + n, data: { campaignId: "c-1", organisationId: `organisation-${upgrade}`, step: n } });

async function play(phases: readonly Phase[]) {
  const world = await createWorld();
  const webhookId = await world.subscribe();
  const published: { readonly step: number; readonly upgrade: number; readonly at: number }[] = [];
  const arrived = new Map<number, number>();
  let current: readonly Reply[] = ["good"];
  let ahead = 0;
  world.hook.replies((sent, count) => {
    const { step } = Object(JSON.parse(sent.body)).data;
    const kind = current[count % current.length] ?? "good";
    const own = published.find((one) => one.step === step);
    const earlier = published.filter(
      (one) => one.upgrade === own?.upgrade && one.step < step && !arrived.has(one.step),
    );
    if (earlier.length > 0 && world.time.now - (own?.at ?? 0) < HOLD_MS) ahead += 1;
    if (kind === "good" && !arrived.has(step)) arrived.set(step, count);
    return REPLIES[kind]();
  });
  for (const { minutes, replies, publish } of phases) {
    current = replies;
    for (const upgrade of publish) {
      const step = published.length + 1;
      published.push({ step, upgrade, at: world.time.now });
      await world.verbs.publish(subjectOf(step, upgrade));
      await world.verbs.publish(subjectOf(step, upgrade));
    }
    for (const end = world.time.now + minutes * MINUTE; world.time.now < end; world.time.now += 20 * MINUTE) {
      await world.verbs.sendDue();
    }
  }
  current = ["good"];
  for (const end = world.time.now + 5 * DAY; world.time.now < end; world.time.now += 60 * MINUTE)
    await world.verbs.sendDue();
  return { world, webhookId, published, arrived, ahead };
}

test("whatever the endpoint does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(phase, { minLength: 1, maxLength: 12 }), async (phases) => {
      const { world, webhookId, published, arrived, ahead } = await play(phases);
      const ledger = await world.ledger(webhookId);
      expect(ledger).toHaveLength(published.length);
      for (const { status, eventId } of ledger) {
        const step = Number(eventId.split(":").at(-1));
        expect({ step, status }).toEqual({ step, status: arrived.has(step) ? "delivered" : "failed" });
      }
      expect(ahead).toBe(0);
      const idOfStep = new Map(world.hook.received.map(({ step, id }) => [step, id]));
      for (const { step, id } of world.hook.received) expect({ step, id }).toEqual({ step, id: idOfStep.get(step) });
    }),
    { numRuns: 80 },
  );
});
