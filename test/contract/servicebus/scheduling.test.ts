import { describe, expect, test } from "vitest";
import { eventually, isEmpty, take, takeOne, useBroker } from "./support.ts";

const bench = useBroker();
const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

describe("scheduled messages", () => {
  test("are delivered when they are due, not before, under a new number", async () => {
    const { queue, sender, receiver } = bench.open("plain");
    const due = inSeconds(1);
    const [number] = await sender.scheduleMessages({ body: "later", messageId: "m" }, due);
    expect(await bench.figures(queue)).toMatchObject({ scheduled: 1, active: 0 });
    const message = await takeOne(receiver);
    expect(Date.now()).toBeGreaterThanOrEqual(due.getTime());
    expect(message).toMatchObject({ body: "later", messageId: "m" });
    expect(message.scheduledEnqueueTimeUtc?.getTime()).toBe(due.getTime());
    expect(message.enqueuedTimeUtc?.getTime()).toBeGreaterThanOrEqual(due.getTime());
    expect(message.sequenceNumber?.toNumber()).toBeGreaterThan(number?.toNumber() ?? 0);
    expect(message.enqueuedSequenceNumber).toBe(number?.toNumber());
  });

  test("can be sent with a scheduled time, alone and in a batch", async () => {
    const { queue, sender, receiver } = bench.open("plain");
    const scheduledEnqueueTimeUtc = inSeconds(1);
    await sender.sendMessages({ body: 1, scheduledEnqueueTimeUtc });
    await sender.sendMessages([{ body: 2, scheduledEnqueueTimeUtc }, { body: "now" }]);
    expect(await bench.figures(queue)).toMatchObject({ scheduled: 2, active: 1 });
    expect((await take(receiver, 3)).map(({ body }) => body as unknown)).toEqual(["now", 1, 2]);
  });

  test("of the past are delivered at once", async () => {
    const { sender, receiver } = bench.open("plain");
    await sender.scheduleMessages({ body: 1 }, inSeconds(-5));
    expect((await takeOne(receiver)).body).toBe(1);
  });

  test("become active in their session", async () => {
    const { client, queue, sender } = bench.open("session");
    await sender.scheduleMessages({ body: "later", sessionId: "s" }, inSeconds(1));
    const receiver = await client.acceptNextSession(queue);
    expect(receiver.sessionId).toBe("s");
    expect((await takeOne(receiver)).body).toBe("later");
  });
});

describe("duplicate detection", () => {
  test("drops a second message with the same id, also after the first was completed", async () => {
    const { sender, receiver } = bench.open("unique");
    await sender.sendMessages({ body: 1, messageId: "same" });
    await sender.sendMessages({ body: 2, messageId: "same" });
    await receiver.completeMessage(await takeOne(receiver));
    await sender.sendMessages({ body: 3, messageId: "same" });
    expect(await isEmpty(receiver)).toBe(true);
  });

  test("works inside a batch and against scheduled messages", async () => {
    const { queue, sender } = bench.open("unique");
    await sender.sendMessages([
      { body: 1, messageId: "a" },
      { body: 2, messageId: "a" },
      { body: 3, messageId: "b" },
    ]);
    await sender.scheduleMessages({ body: 4, messageId: "b" }, inSeconds(60));
    expect(await bench.figures(queue)).toMatchObject({ active: 2, scheduled: 0 });
  });

  test("forgets an id when its window has passed", async () => {
    const { queue, sender, receiver } = bench.open("unique");
    await sender.sendMessages({ body: 1, messageId: "again" });
    await eventually(async () => {
      await sender.sendMessages({ body: 2, messageId: "again" });
      return (await bench.figures(queue)).active === 2;
    });
    expect((await take(receiver, 2)).map(({ body }) => body as number)).toEqual([1, 2]);
  });
});

describe("time to live", () => {
  test("an expired message is dead-lettered where the queue says so", async () => {
    const { client, queue, sender } = bench.open("expiring");
    await sender.sendMessages({ body: "old" });
    const dead = await takeOne(client.createReceiver(queue, { subQueueType: "deadLetter" }));
    expect(dead).toMatchObject({
      body: "old",
      deadLetterReason: "TTLExpiredException",
      deadLetterErrorDescription: "The message expired and was dead lettered.",
    });
  });

  test("and vanishes where it does not", async () => {
    const { queue, sender } = bench.open("vanishing");
    await sender.sendMessages({ body: "old" });
    expect((await bench.figures(queue)).active).toBe(1);
    await eventually(async () => (await bench.figures(queue)).active === 0);
    expect((await bench.figures(queue)).deadLettered).toBe(0);
  });

  test("a message's own time to live is bounded by the queue's and shown to the receiver", async () => {
    const { sender, receiver } = bench.open("expiring");
    await sender.sendMessages([
      { body: 1, timeToLive: 60_000 },
      { body: 2, timeToLive: 500 },
    ]);
    const messages = await take(receiver, 2);
    const lifetimes = messages.map(
      ({ expiresAtUtc, enqueuedTimeUtc }) => (expiresAtUtc?.getTime() ?? 0) - (enqueuedTimeUtc?.getTime() ?? 0),
    );
    expect(lifetimes).toEqual([1000, 500]);
  });

  test("a locked message does not expire; it does when it comes back", async () => {
    const { queue, sender, receiver } = bench.open("expiring");
    await sender.sendMessages({ body: 1, timeToLive: 300 });
    const message = await takeOne(receiver);
    const end = (message.expiresAtUtc?.getTime() ?? 0) + 100;
    await eventually(async () => Date.now() > end);
    expect((await bench.figures(queue)).locked).toBe(1);
    await receiver.abandonMessage(message);
    expect(await bench.figures(queue)).toMatchObject({ locked: 0, active: 0, deadLettered: 1 });
  });
});
