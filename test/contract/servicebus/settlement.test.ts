import { describe, expect, test } from "vitest";
import { because, eventually, isEmpty, take, takeOne, useBroker } from "./support.ts";

const bench = useBroker();

describe("peek-lock", () => {
  test("a completed message is gone, and its lock with it", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue);
    const message = await takeOne(receiver);
    expect(message.lockedUntilUtc?.getTime()).toBeGreaterThan(Date.now() + 50_000);
    await receiver.completeMessage(message);
    expect(await bench.figures(queue)).toMatchObject({ active: 0, locked: 0, settlements: 1 });
  });

  test("an abandoned message comes back in its place, counted and with another lock", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client.createSender(queue).sendMessages([{ body: "first" }, { body: "second" }]);
    const receiver = client.createReceiver(queue);
    const first = await takeOne(receiver);
    await receiver.abandonMessage(first);
    const again = await takeOne(receiver);
    expect(again).toMatchObject({ body: "first", deliveryCount: 1 });
    expect(again.sequenceNumber?.toString()).toBe(first.sequenceNumber?.toString());
    expect(again.lockToken).not.toBe(first.lockToken);
  });

  test("abandoning can change application properties", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client.createSender(queue).sendMessages({ body: 1, applicationProperties: { kept: "k", changed: "old" } });
    const receiver = client.createReceiver(queue);
    await receiver.abandonMessage(await takeOne(receiver), { changed: "new", added: 3 });
    expect((await takeOne(receiver)).applicationProperties).toEqual({ kept: "k", changed: "new", added: 3 });
  });

  test("a message that failed too often goes to the dead-letter queue with the reason", async () => {
    const [client, queue] = [bench.client(), bench.queue("quick")];
    await client.createSender(queue).sendMessages({ body: "poison", messageId: "p" });
    const receiver = client.createReceiver(queue);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const message = await takeOne(receiver);
      expect(message.deliveryCount).toBe(attempt);
      await receiver.abandonMessage(message);
    }
    const dead = await takeOne(client.createReceiver(queue, { subQueueType: "deadLetter" }));
    expect(dead).toMatchObject({
      body: "poison",
      messageId: "p",
      deadLetterReason: "MaxDeliveryCountExceeded",
      deadLetterErrorDescription: "Message could not be consumed after 3 delivery attempts.",
    });
    expect(await isEmpty(receiver)).toBe(true);
  });

  test("an expired lock gives the message to the next receiver, counted", async () => {
    const [client, queue] = [bench.client(), bench.queue("quick")];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    const first = await takeOne(receiver);
    const second = await takeOne(client.createReceiver(queue));
    expect(second.deliveryCount).toBe(1);
    await expect(receiver.completeMessage(first)).rejects.toMatchObject({ code: "MessageLockLost" });
    expect((await bench.figures(queue)).locked).toBe(1);
  });

  test.each(["complete", "abandon", "defer", "deadLetter"] as const)(
    "%s after the lock was lost is refused and changes nothing",
    async (operation) => {
      const [client, queue] = [bench.client(), bench.queue("quick")];
      await client.createSender(queue).sendMessages({ body: 1 });
      const receiver = client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
      const message = await takeOne(receiver);
      await eventually(async () => (await bench.figures(queue)).active === 1);
      await expect(receiver[`${operation}Message`](message)).rejects.toMatchObject({ code: "MessageLockLost" });
      expect(await bench.figures(queue)).toMatchObject({ active: 1, deferred: 0, deadLettered: 0 });
    },
  );

  test("renewing keeps the lock beyond its first end", async () => {
    const [client, queue] = [bench.client(), bench.queue("quick")];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    const message = await takeOne(receiver);
    const firstEnd = message.lockedUntilUtc?.getTime() ?? 0;
    const end = await eventually(async () => {
      const renewed = await receiver.renewMessageLock(message);
      return renewed.getTime() > firstEnd + 1200 && renewed;
    });
    expect(Date.now()).toBeGreaterThan(firstEnd);
    expect(end.getTime()).toBeGreaterThan(Date.now());
    await receiver.completeMessage(message);
    expect(await bench.figures(queue)).toMatchObject({ active: 0, locked: 0 });
  });

  test("renewing a lost lock is refused", async () => {
    const [client, queue] = [bench.client(), bench.queue("quick")];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    const message = await takeOne(receiver);
    await eventually(async () => (await bench.figures(queue)).active === 1);
    await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: "MessageLockLost" });
  });

  test("the SDK's automatic renewal holds a message longer than its lock", async () => {
    const [client, queue] = [bench.client(), bench.queue("quick")];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue);
    const message = await takeOne(receiver);
    const until = message.lockedUntilUtc?.getTime() ?? 0;
    await eventually(async () => Date.now() > until + 600);
    await receiver.completeMessage(message);
    expect((await bench.figures(queue)).deliveries).toBe(1);
  });

  test("a closed receiver's message stays locked and can be settled through another one", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client.createSender(queue).sendMessages({ body: 1 });
    const closed = client.createReceiver(queue);
    const message = await takeOne(closed);
    await closed.close();
    expect(await bench.figures(queue)).toMatchObject({ active: 0, locked: 1 });
    await expect(closed.completeMessage(message)).rejects.toThrow(/closed/);
  });
});

describe("deferring", () => {
  test("a deferred message is received by its number only", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client.createSender(queue).sendMessages([{ body: "deferred" }, { body: "next" }]);
    const receiver = client.createReceiver(queue);
    const message = await takeOne(receiver);
    await receiver.deferMessage(message, { note: "later" });
    expect((await takeOne(receiver)).body).toBe("next");
    const [again] = await receiver.receiveDeferredMessages(message.sequenceNumber ?? []);
    expect(again).toMatchObject({ body: "deferred", state: "deferred", applicationProperties: { note: "later" } });
    if (again !== undefined) await receiver.completeMessage(again);
    expect(await bench.figures(queue)).toMatchObject({ deferred: 0, locked: 1 });
  });

  test("abandoning a deferred message leaves it deferred, counted", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue);
    const message = await takeOne(receiver);
    await receiver.deferMessage(message);
    const numbers = message.sequenceNumber ?? [];
    const [again] = await receiver.receiveDeferredMessages(numbers);
    if (again !== undefined) await receiver.abandonMessage(again);
    expect(await bench.figures(queue)).toMatchObject({ deferred: 1, active: 0 });
    const [third] = await receiver.receiveDeferredMessages(numbers);
    expect(third?.deliveryCount).toBe(1);
  });

  test("deferred messages can be dead-lettered and deleted on receipt", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client.createSender(queue).sendMessages([{ body: "dead" }, { body: "deleted" }]);
    const receiver = client.createReceiver(queue);
    const [dead, deleted] = await take(receiver, 2);
    if (dead === undefined || deleted === undefined) throw new Error("two messages were sent");
    await receiver.deferMessage(dead);
    await receiver.deferMessage(deleted);
    const [again] = await receiver.receiveDeferredMessages(dead.sequenceNumber ?? []);
    if (again !== undefined) await receiver.deadLetterMessage(again, { ...because, deadLetterReason: "why" });
    const deleting = client.createReceiver(queue, { receiveMode: "receiveAndDelete" });
    const [gone] = await deleting.receiveDeferredMessages(deleted.sequenceNumber ?? []);
    expect(gone?.body).toBe("deleted");
    expect(await bench.figures(queue)).toMatchObject({ deferred: 0, locked: 0, active: 0, deadLettered: 1 });
  });

  test("a number that is not deferred is refused", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue);
    const message = await takeOne(receiver);
    await expect(receiver.receiveDeferredMessages(message.sequenceNumber ?? [])).rejects.toMatchObject({
      code: "MessageNotFound",
    });
  });
});

describe("dead-lettering", () => {
  test("carries reason, description and further properties, and keeps the message", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client
      .createSender(queue)
      .sendMessages({ body: { a: 1 }, messageId: "m", applicationProperties: { own: 1 } });
    const receiver = client.createReceiver(queue);
    await receiver.deadLetterMessage(await takeOne(receiver), {
      deadLetterReason: "BadOrder",
      deadLetterErrorDescription: "No such customer.",
      extra: "more",
    });
    const dead = await takeOne(client.createReceiver(queue, { subQueueType: "deadLetter" }));
    expect(dead).toMatchObject({
      body: { a: 1 },
      messageId: "m",
      deadLetterReason: "BadOrder",
      deadLetterErrorDescription: "No such customer.",
    });
    expect(dead.applicationProperties).toMatchObject({ own: 1, extra: "more" });
  });

  test("works without a reason", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue);
    await receiver.deadLetterMessage(await takeOne(receiver));
    const dead = await takeOne(client.createReceiver(queue, { subQueueType: "deadLetter" }));
    expect(dead.deadLetterReason).toBeUndefined();
  });

  test("messages of a dead-letter queue are never counted out, and end by being completed", async () => {
    const [client, queue] = [bench.client(), bench.queue("quick")];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue);
    await receiver.deadLetterMessage(await takeOne(receiver));
    const dead = client.createReceiver(queue, { subQueueType: "deadLetter" });
    for (let attempt = 0; attempt < 6; attempt += 1) await dead.abandonMessage(await takeOne(dead));
    await dead.completeMessage(await takeOne(dead));
    expect((await bench.figures(queue)).deadLettered).toBe(0);
  });

  test("a dead letter cannot be dead-lettered again", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue);
    await receiver.deadLetterMessage(await takeOne(receiver));
    const dead = client.createReceiver(queue, { subQueueType: "deadLetter" });
    await expect(dead.deadLetterMessage(await takeOne(dead))).rejects.toThrow(/cannot be dead-lettered again/);
  });

  test("the dead-letter queue can be peeked", async () => {
    const [client, queue] = [bench.client(), bench.queue("plain")];
    await client.createSender(queue).sendMessages([{ body: 1 }, { body: 2 }]);
    const receiver = client.createReceiver(queue);
    const [first, second] = await take(receiver, 2);
    // Dead-lettered out of order, shown in order.
    if (second !== undefined) await receiver.deadLetterMessage(second);
    if (first !== undefined) await receiver.deadLetterMessage(first);
    const peeked = await client.createReceiver(queue, { subQueueType: "deadLetter" }).peekMessages(5);
    expect(peeked.map(({ body }) => body as number)).toEqual([1, 2]);
  });
});
