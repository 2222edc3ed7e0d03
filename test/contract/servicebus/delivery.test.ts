import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { describe, expect, test } from "vitest";
import { eventually, isEmpty, take, takeOne, useBroker } from "./support.ts";

const bench = useBroker();

describe("sending and receiving", () => {
  test("a JSON body arrives as it was sent", async () => {
    const { sender, receiver } = bench.open("plain");
    await sender.sendMessages({ body: { text: "grüß", list: [1, 2], nested: { yes: true } } });
    const message = await takeOne(receiver);
    expect(message.body).toEqual({ text: "grüß", list: [1, 2], nested: { yes: true } });
  });

  test("a binary body arrives byte for byte", async () => {
    const { sender, receiver } = bench.open("plain");
    const bytes = Buffer.from([0, 1, 2, 254, 255]);
    await sender.sendMessages({ body: bytes });
    expect(Buffer.compare((await takeOne(receiver)).body, bytes)).toBe(0);
  });

  test("all properties that a sender can set arrive", async () => {
    const { sender, receiver } = bench.open("plain");
    const sent = {
      body: "b",
      messageId: "id-1",
      correlationId: "corr",
      contentType: "application/json",
      subject: "subject",
      to: "to",
      replyTo: "reply",
      replyToSessionId: "reply-session",
      partitionKey: "key",
      timeToLive: 60_000,
      applicationProperties: { text: "t", int: 7, negative: -3, fraction: 1.5, yes: true },
    };
    await sender.sendMessages(sent);
    const message = await takeOne(receiver);
    expect(message).toMatchObject(sent);
    expect(message.expiresAtUtc?.getTime()).toBe((message.enqueuedTimeUtc?.getTime() ?? 0) + 60_000);
  });

  test("a message without id gets one", async () => {
    const { sender, receiver } = bench.open("plain");
    await sender.sendMessages([{ body: 1 }, { body: 2, subject: "with other properties" }]);
    const [first, second] = await take(receiver, 2);
    expect(first?.messageId).toMatch(/^[0-9a-f]{32}$/);
    expect(second?.messageId).toMatch(/^[0-9a-f]{32}$/);
    expect(first?.messageId).not.toBe(second?.messageId);
    expect(second?.subject).toBe("with other properties");
  });

  test("sequence numbers rise from 1 in the order of sending", async () => {
    const { sender, receiver } = bench.open("plain");
    for (const body of [1, 2, 3]) await sender.sendMessages({ body });
    const messages = await take(receiver, 3);
    expect(messages.map(({ sequenceNumber }) => sequenceNumber?.toString())).toEqual(["1", "2", "3"]);
    expect(messages.map(({ enqueuedSequenceNumber }) => enqueuedSequenceNumber)).toEqual([1, 2, 3]);
    expect(messages.map(({ deliveryCount }) => deliveryCount)).toEqual([0, 0, 0]);
    expect(messages.map(({ state }) => state)).toEqual(["active", "active", "active"]);
  });

  test("an array travels as one batch and keeps its order", async () => {
    const { queue, sender, receiver } = bench.open("plain");
    await sender.sendMessages(Array.from({ length: 50 }, (_, body) => ({ body })));
    const messages = await take(receiver, 50);
    expect(messages.map(({ body }) => body as number)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(await bench.figures(queue)).toMatchObject({ sends: 1, messagesAccepted: 50, deliveries: 50, locked: 50 });
  });

  test("a batch built by the client is bounded by the broker's message size", async () => {
    const { sender, receiver } = bench.open("plain");
    const batch = await sender.createMessageBatch();
    expect(batch.maxSizeInBytes).toBe(262_144);
    while (batch.tryAddMessage({ body: "x".repeat(20_000) }));
    expect(batch.count).toBeGreaterThan(10);
    await sender.sendMessages(batch);
    expect(await take(receiver, batch.count)).toHaveLength(batch.count);
  });

  test("a message near the size limit spans many frames and arrives whole", async () => {
    const { sender, receiver } = bench.open("plain");
    const body = Buffer.alloc(260_000, 7);
    await sender.sendMessages({ body });
    const message = await takeOne(receiver);
    expect(Buffer.compare(message.body, body)).toBe(0);
  });
});

describe("receivers", () => {
  test("receiveMessages waits for the first message", async () => {
    const { sender, receiver } = bench.open("plain");
    const waiting = receiver.receiveMessages(5, { maxWaitTimeInMs: 5000 });
    await eventually(async () => (await receiver.peekMessages(1)).length === 0);
    await sender.sendMessages({ body: "late" });
    expect((await waiting).map(({ body }) => body as string)).toEqual(["late"]);
  });

  test("an empty queue yields nothing within the wait, again and again", async () => {
    const { sender, receiver } = bench.open("plain");
    for (let round = 0; round < 3; round += 1) expect(await isEmpty(receiver, 50)).toBe(true);
    await sender.sendMessages({ body: "after drains" });
    expect((await takeOne(receiver)).body).toBe("after drains");
  });

  test("two receivers share the messages, each message goes to one", async () => {
    const { client, queue, sender } = bench.open("plain");
    const bodies: number[] = [];
    const loads = [0, 0];
    for (const index of [0, 1]) {
      client.createReceiver(queue).subscribe({
        processMessage: async ({ body }: ServiceBusReceivedMessage) => {
          loads[index] = (loads[index] ?? 0) + 1;
          bodies.push(body);
        },
        processError: async () => {},
      });
    }
    await sender.sendMessages(Array.from({ length: 100 }, (_, body) => ({ body })));
    await eventually(async () => bodies.length >= 100);
    expect(bodies.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(Math.min(...loads)).toBeGreaterThan(0);
  });

  test("a subscription completes what its handler took and abandons what it failed on", async () => {
    const { queue, sender, receiver } = bench.open("plain");
    const seen: number[] = [];
    receiver.subscribe(
      {
        processMessage: async ({ deliveryCount }) => {
          seen.push(deliveryCount ?? -1);
          if (seen.length === 1) throw new Error("the handler failed");
        },
        processError: async () => {},
      },
      { maxConcurrentCalls: 1 },
    );
    await sender.sendMessages({ body: 1 });
    await eventually(async () => (await bench.figures(queue)).settlements === 2);
    expect(seen).toEqual([0, 1]);
    expect(await bench.figures(queue)).toMatchObject({ active: 0, locked: 0 });
  });

  test("no more messages are delivered than there is credit", async () => {
    const { queue, sender, receiver } = bench.open("plain");
    await sender.sendMessages(Array.from({ length: 10 }, (_, body) => ({ body })));
    expect(await take(receiver, 4)).toHaveLength(4);
    expect(await bench.figures(queue)).toMatchObject({ active: 6, locked: 4, deliveries: 4 });
  });
});

describe("peeking", () => {
  test("shows messages in every state, in order, without locking them", async () => {
    const { queue, sender, receiver } = bench.open("plain");
    await sender.sendMessages([{ body: "locked" }, { body: "active" }]);
    await sender.scheduleMessages({ body: "scheduled" }, new Date(Date.now() + 60_000));
    await takeOne(receiver);
    const peeked = await receiver.peekMessages(10);
    expect(peeked.map(({ body, state }) => [body as string, state])).toEqual([
      ["locked", "active"],
      ["active", "active"],
      ["scheduled", "scheduled"],
    ]);
    expect((await bench.figures(queue)).active).toBe(1);
    const last = peeked.at(-1)?.sequenceNumber;
    if (last === undefined) throw new Error("three messages were sent");
    const from = await receiver.peekMessages(10, { fromSequenceNumber: last });
    expect(from.map(({ body }) => body as string)).toEqual(["scheduled"]);
    expect(await receiver.peekMessages(10, { fromSequenceNumber: last.add(1) })).toEqual([]);
  });
});
