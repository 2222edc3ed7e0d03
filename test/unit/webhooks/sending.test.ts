// What becomes of an event: published once, sent in order, tried again for days, counted, given up, forgotten.

import { describe, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { PAUSES_MS } from "../../../shared/webhooks/core/delivery.ts";
import type { WebhookEvent } from "../../../shared/webhooks/core/event.ts";
import { sendToEndpoint } from "../../../shared/webhooks/send-to-endpoint.ts";
import type { QueuedDelivery } from "../../../shared/webhooks/store.ts";
import { config, createWorld, DAY, event, HOUR, MINUTE, NOON, SECOND, subscribed } from "./support.ts";

const statuses = (items: readonly { readonly status: string }[]) => items.map(({ status }) => status);

describe("publishing", () => {
  test("twice is one delivery with one id, verified by the reference implementation", async () => {
    const { world, webhookId } = await subscribed();
    expect(await world.verbs.publish(event(1))).toEqual({ fresh: 1, known: 0 });
    expect(await world.verbs.publish(event(1))).toEqual({ fresh: 0, known: 1 });
    expect(await world.verbs.sendDue()).toEqual({ delivered: 1, failed: 0, postponed: 0, removed: 0 });
    expect(await world.verbs.publish(event(1, { at: NOON + 5 }))).toEqual({ fresh: 0, known: 1 });
    expect(await world.verbs.sendDue()).toEqual({ delivered: 0, failed: 0, postponed: 0, removed: 0 });
    expect(world.hook.received).toMatchObject([{ type: "upgrade.started", step: 1, at: NOON + 1, signatures: 1 }]);
    const [delivery] = await world.ledger(webhookId);
    expect(delivery).toMatchObject({ status: "delivered", attempts: [{ at: NOON, statusCode: 204 }] });
    expect(world.hook.received[0]?.id).toBe(delivery?.deliveryId);
  });

  test("goes only to webhooks that want the type, are enabled and were there when it happened", async () => {
    const { world } = await subscribed({ eventTypes: ["campaign.started"] });
    await world.subscribe({ status: "disabled" });
    const wanting = await world.subscribe({ eventTypes: ["upgrade.started", "upgrade.skipped"] });
    expect(await world.verbs.publish(event(0, { at: NOON - 1 }))).toEqual({ fresh: 0, known: 0 });
    expect(await world.verbs.publish(event(1))).toEqual({ fresh: 1, known: 0 });
    expect(await world.ledger(wanting)).toHaveLength(1);
  });

  test("the same event has another id at another webhook", async () => {
    const world = await createWorld();
    const ids = [await world.subscribe(), await world.subscribe()];
    await world.verbs.publish(event(1));
    const rows = (await Promise.all(ids.map((id) => world.ledger(id)))).flat();
    expect(new Set(rows.map(({ deliveryId }) => deliveryId)).size).toBe(2);
  });

  test("an event that the ledger may have forgotten is not sent a second time", async () => {
    const { world } = await subscribed();
    world.time.now += 30 * DAY + 2;
    expect(await world.verbs.publish(event(1))).toEqual({ fresh: 0, known: 0 });
  });

  test.each<[string, Partial<WebhookEvent>, RegExp]>([
    ["no id", { eventId: "" }, /eventId/u],
    ["a time that is none", { at: Number.NaN }, /at/u],
    [
      "a number that JSON cannot hold",
      { data: { seconds: Number.POSITIVE_INFINITY } },
      /finite number\n\s+→ at data.seconds/u,
    ],
    ["a name with a space", { data: { "not a name": "x" } }, /each name must have 1 to 50 letters and digits/u],
    [
      "more than 20 kB",
      { data: { text: "ü".repeat(10_000) } },
      /takes 200\d\d bytes, a webhook carries less than 20000/u,
    ],
  ])("with %s is refused and nothing is written", async (_, changes, message) => {
    const { world, webhookId } = await subscribed();
    const published = world.verbs.publish(event(1, changes));
    await expect(published).rejects.toThrow(PermanentFailure);
    await expect(published).rejects.toThrow(message);
    expect(await world.ledger(webhookId)).toEqual([]);
  });
});

describe("an endpoint that does not take an event", () => {
  test("gets it ten times within about three days under one id, then it has failed", async () => {
    const { world, webhookId } = await subscribed();
    world.hook.replies(() => ({ statusCode: 500, excerpt: "oops" }));
    await world.verbs.publish(event(1));
    const pauses: number[] = [];
    for (let attempt = 0; attempt < PAUSES_MS.length; attempt++) {
      expect(await world.verbs.sendDue()).toMatchObject({ postponed: 1 });
      const next = (await world.ledger(webhookId))[0]?.nextAttemptAt ?? 0;
      pauses.push(next - world.time.now);
      world.time.now = next - 1;
      expect(await world.verbs.sendDue()).toMatchObject({ postponed: 0 });
      world.time.now = next;
    }
    for (const [index, pause] of PAUSES_MS.entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(pause * 0.9);
      expect(pauses[index]).toBeLessThanOrEqual(pause * 1.1);
    }
    expect(await world.verbs.sendDue()).toMatchObject({ failed: 1 });
    const [delivery] = await world.ledger(webhookId);
    expect(delivery).toMatchObject({ status: "failed", endedAt: world.time.now });
    expect(delivery?.attempts).toHaveLength(10);
    expect(delivery?.attempts[0]).toMatchObject({
      statusCode: 500,
      failure: "The endpoint answered 500.",
      excerpt: "oops",
    });
    expect(new Set(world.hook.received.map(({ id }) => id)).size).toBe(1);
    world.time.now += DAY;
    expect(await world.verbs.sendDue()).toMatchObject({ failed: 0, postponed: 0 });
  });

  test("pauses of different deliveries differ, so that they do not all come at once", async () => {
    const { world, webhookId } = await subscribed();
    world.hook.replies(() => ({ statusCode: 400 }));
    for (let n = 1; n <= 20; n++) await world.verbs.publish(event(n, { data: {} }));
    await world.verbs.sendDue();
    expect(new Set((await world.ledger(webhookId)).map(({ nextAttemptAt }) => nextAttemptAt)).size).toBeGreaterThan(15);
  });

  test("after five deliveries that failed in a row is disabled, with one incident; enabled again, it gets what waits", async () => {
    const { world, webhookId } = await subscribed();
    world.hook.replies(() => ({ statusCode: 404 }));
    for (let n = 1; n <= 6; n++) await world.verbs.publish(event(n, { data: { step: n } }));
    await world.runUntil(NOON + 4 * DAY);
    const stored = await world.verbs.store.readWebhook(webhookId);
    expect(stored?.webhook).toMatchObject({ status: "disabled", disabledBecause: "5 deliveries in a row failed" });
    expect([...world.incidents.values()]).toMatchObject([
      { kind: "webhook.disabled", title: `Webhook ${webhookId} is switched off` },
    ]);
    expect(statuses(await world.ledger(webhookId)).toSorted()).toEqual([...Array<string>(5).fill("failed"), "pending"]);
    const before = world.hook.received.length;
    await world.runUntil(world.time.now + HOUR);
    expect(world.hook.received).toHaveLength(before);

    world.hook.replies(() => ({ statusCode: 200 }));
    expect(await world.verbs.replace(webhookId, config(), "*")).toMatchObject({
      ok: true,
      value: { webhook: { status: "enabled", failedInARow: [] } },
    });
    expect(await world.verbs.sendDue()).toMatchObject({ delivered: 1 });
  });

  test("one delivery that arrives ends the row of failures", async () => {
    const { world, webhookId } = await subscribed();
    for (let n = 1; n <= 9; n++) await world.verbs.publish(event(n, { data: { step: n } }));
    world.hook.replies((sent) => ({ statusCode: sent.body.includes('"step":9}') ? 200 : 404 }));
    const failed = async () => (await world.verbs.store.readWebhook(webhookId))?.webhook.failedInARow.length;
    for (let n = 1; n <= 4; n++) {
      const row = (await world.ledger(webhookId)).find(({ eventId }) => eventId.endsWith(`:${n}`));
      const stored = await world.verbs.store.readDelivery(webhookId, row?.deliveryId ?? "");
      if (stored === undefined) throw new Error("no delivery");
      // Its last attempt comes next.
      await world.verbs.store.saveDelivery(stored, { ...stored.delivery, round: 9 });
    }
    await sendToEndpoint({ ...world.world, store: world.verbs.store }, webhookId, { endAt: NOON + DAY, most: 4 });
    expect(await failed()).toBe(4);
    await world.verbs.sendDue();
    expect(await failed()).toBe(0);
  });

  test("answers 410: disabled at once, with an incident, and nothing more is sent", async () => {
    const { world, webhookId } = await subscribed();
    world.hook.replies(() => ({ statusCode: 410 }));
    await world.verbs.publish(event(1));
    await world.verbs.publish(event(2));
    expect(await world.verbs.sendDue()).toMatchObject({ failed: 1 });
    expect((await world.verbs.store.readWebhook(webhookId))?.webhook).toMatchObject({
      status: "disabled",
      disabledBecause: "the endpoint answered 410 Gone",
    });
    expect(world.incidents.size).toBe(1);
    expect(await world.verbs.publish(event(3))).toEqual({ fresh: 0, known: 0 });
    await world.verbs.sendDue();
    expect(world.hook.received).toHaveLength(1);
  });

  test("a redirect is not followed and counts as a refusal", async () => {
    const { world, webhookId } = await subscribed();
    world.hook.replies(() => ({ statusCode: 302, headers: { location: "http://127.0.0.1/" } }));
    await world.verbs.publish(event(1));
    expect(await world.verbs.sendDue()).toMatchObject({ postponed: 1 });
    expect((await world.ledger(webhookId))[0]?.attempts[0]?.failure).toMatch(/302. Redirects are not followed/u);
  });
});

test.each([
  [299, "delivered"],
  [300, "refused"],
  [408, "down"],
  [409, "refused"],
  [425, "down"],
  [429, "down"],
  [499, "refused"],
  [500, "down"],
])("an answer of %i: %s", async (statusCode, kind) => {
  const world = await createWorld();
  const webhookId = await world.subscribe();
  world.hook.replies(() => ({ statusCode }));
  for (let n = 1; n <= 4; n++) await world.verbs.publish(event(n, { data: {} }));
  // Of one that is down three are tried.
  const count = kind === "down" ? { delivered: 0, postponed: 3 } : { delivered: 0, postponed: 4 };
  expect(await world.verbs.sendDue()).toMatchObject(kind === "delivered" ? { delivered: 4, postponed: 0 } : count);
  const [attempt] = (await world.ledger(webhookId)).flatMap(({ attempts }) => attempts);
  expect(attempt).toMatchObject({ statusCode, durationMs: 0 });
  expect(attempt).not.toHaveProperty("excerpt");
});

describe("an endpoint that is down", () => {
  test("is tried three times a run, not once for each of a hundred events", async () => {
    const { world } = await subscribed();
    world.hook.replies(() => new TransientFailure("no answer"));
    for (let n = 1; n <= 100; n++) await world.verbs.publish(event(n, { data: {} }));
    expect(await world.verbs.sendDue()).toMatchObject({ postponed: 3 });
    expect(world.hook.received).toHaveLength(3);
  });

  test("that asks for a pause gets nothing before then, whatever it is", async () => {
    const { world } = await subscribed();
    world.hook.replies(() => ({ statusCode: 429, headers: { "retry-after": "600" } }));
    await world.verbs.publish(event(1));
    await world.verbs.publish(event(2, { data: {} }));
    expect(await world.verbs.sendDue()).toMatchObject({ postponed: 1 });
    world.hook.replies(() => ({ statusCode: 200 }));
    world.time.now = NOON + 10 * MINUTE - 1;
    expect(await world.verbs.sendDue()).toMatchObject({ delivered: 0, postponed: 0 });
    world.time.now = NOON + 10 * MINUTE;
    expect(await world.verbs.sendDue()).toMatchObject({ delivered: 2 });
  });

  test("does not keep the others waiting, and a defect in one message does not stop the rest", async () => {
    const { world } = await subscribed();
    world.hook.replies((_, count) => (count === 1 ? new RangeError("a defect") : { statusCode: 200 }));
    await world.verbs.publish(event(1, { data: { step: 1 } }));
    await world.verbs.publish(event(2, { data: { step: 2 } }));
    expect(await world.verbs.sendDue()).toMatchObject({ delivered: 1, postponed: 1 });
    expect(world.log.entries.filter(({ level }) => level === "error")).toMatchObject([{ event: "webhook.broken" }]);
  });
});

describe("order", () => {
  test("events of an upgrade go out as they happened, also when published the other way round", async () => {
    const { world } = await subscribed();
    for (const n of [5, 3, 1, 4, 2]) await world.verbs.publish(event(n));
    await world.verbs.sendDue();
    expect(world.hook.steps()).toEqual([1, 2, 3, 4, 5]);
  });

  test("a later event waits behind an earlier one of its upgrade, others do not; after half an hour it goes ahead", async () => {
    const { world } = await subscribed();
    world.hook.replies((sent) => ({ statusCode: sent.body.includes('"step":1}') ? 400 : 200 }));
    await world.verbs.publish(event(1));
    await world.verbs.publish(event(2));
    await world.verbs.publish(event(3, { data: { campaignId: "c-1", organisationId: "beta-steel", step: 3 } }));
    await world.runUntil(NOON + 29 * MINUTE);
    expect(world.hook.steps()).not.toContain(2);
    expect(world.hook.steps().filter((step) => step === 3)).toHaveLength(1);
    await world.runUntil(NOON + 31 * MINUTE);
    expect(world.hook.steps().filter((step) => step === 2)).toHaveLength(1);
  });

  test("an endpoint has one request at a time, also with two senders; the lease of a dead one ends", async () => {
    const { world } = await subscribed();
    for (let n = 1; n <= 10; n++) await world.verbs.publish(event(n));
    const [a, b] = await Promise.all([world.verbs.sendDue(), world.verbs.sendDue()]);
    expect([a.delivered, b.delivered].toSorted((x, y) => x - y)).toEqual([0, 10]);
    expect(world.hook.steps()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

    const webhookId = (await world.verbs.store.allWebhooks())[0]?.webhook.webhookId ?? "";
    await world.verbs.store.takeLease(webhookId, NOON, NOON + 120 * SECOND);
    await world.verbs.publish(event(11));
    world.time.now = NOON + 119 * SECOND;
    expect(await world.verbs.sendDue()).toMatchObject({ delivered: 0 });
    world.time.now = NOON + 120 * SECOND;
    expect(await world.verbs.sendDue()).toMatchObject({ delivered: 1 });
  });
});

test("a queue read before another sender's attempt makes no second one", async () => {
  const { world, webhookId } = await subscribed();
  await world.verbs.publish(event(1));
  const seen: QueuedDelivery[] = [];
  for await (const entry of world.verbs.store.queued(webhookId)) seen.push(entry);
  world.hook.replies(() => ({ statusCode: 400 }));
  await world.verbs.sendDue();
  const store = {
    ...world.verbs.store,
    queued: async function* (): AsyncGenerator<QueuedDelivery> {
      yield* seen;
    },
  };
  const run = await sendToEndpoint({ ...world.world, store }, webhookId, { endAt: NOON + HOUR, most: 10 });
  expect(run).toEqual({ delivered: 0, failed: 0, postponed: 0 });
  expect(world.hook.received).toHaveLength(1);
});

describe("the ledger", () => {
  test("shows the newest event first and forgets after 30 days, a hundred a run", async () => {
    const { world, webhookId } = await subscribed();
    for (let n = 1; n <= 150; n++) await world.verbs.publish(event(n));
    await world.verbs.sendDue();
    expect((await world.ledger(webhookId)).slice(0, 2)).toMatchObject([{ at: NOON + 150 }, { at: NOON + 149 }]);
    world.time.now = NOON + 30 * DAY;
    expect(await world.verbs.sendDue()).toMatchObject({ removed: 0 });
    world.time.now = NOON + 30 * DAY + 151;
    expect(await world.verbs.sendDue()).toMatchObject({ removed: 100 });
    expect(await world.verbs.sendDue()).toMatchObject({ removed: 50 });
    expect(await world.ledger(webhookId)).toEqual([]);
    expect((await world.raw.table("WebhookDeliveries").list({ partition: webhookId, limit: 10 })).rows).toMatchObject([
      { row: "lease" },
    ]);
  });

  test("of a deleted webhook goes, then the webhook itself, also what was being published meanwhile", async () => {
    const { world, webhookId } = await subscribed();
    const delivery = async (n: number) => {
      await world.verbs.publish(event(n));
      return (await world.ledger(webhookId))[0];
    };
    await delivery(1);
    const late = await delivery(2);
    expect(await world.verbs.remove(webhookId, "*")).toMatchObject({ ok: true });
    expect(await world.verbs.publish(event(3))).toEqual({ fresh: 0, known: 0 });
    expect(await world.verbs.sendDue()).toMatchObject({ delivered: 0, removed: 2 });
    if (late === undefined) throw new Error("no delivery");
    await world.verbs.store.insertDelivery(late);
    await world.runUntil(NOON + 2 * HOUR);
    expect(await world.verbs.store.readWebhook(webhookId)).toBeUndefined();
    expect((await world.raw.table("WebhookDeliveries").list({ partition: webhookId, limit: 10 })).rows).toEqual([]);
    expect(world.hook.received).toEqual([]);
  });

  test("keeps what waits for a disabled webhook a week longer", async () => {
    const { world, webhookId } = await subscribed();
    await world.verbs.publish(event(1));
    await world.verbs.replace(webhookId, config({ status: "disabled" }), "*");
    world.time.now = NOON + 36 * DAY;
    expect(await world.verbs.sendDue()).toMatchObject({ removed: 0 });
    world.time.now = NOON + 37 * DAY + 2;
    expect(await world.verbs.sendDue()).toMatchObject({ removed: 1 });
    await world.verbs.replace(webhookId, config(), "*");
    expect(await world.verbs.sendDue()).toMatchObject({ delivered: 0, postponed: 0 });
  });
});
