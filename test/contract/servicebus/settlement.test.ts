import type {
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
  ServiceBusReceiverOptions,
  ServiceBusSender,
} from "@azure/service-bus";
import { describe, expect, test } from "vitest";
import { eventually, isEmpty, takeOne, useBroker } from "./support.ts";

const bench = useBroker();

const UNRENEWED = { maxAutoLockRenewalDurationInMs: 0 };

/** A queue with messages, and somebody who receives them. */
async function queueWith(
  kind: Parameters<typeof bench.queue>[0],
  messages: Parameters<ServiceBusSender["sendMessages"]>[0],
  options: ServiceBusReceiverOptions = {},
) {
  const [client, queue] = [bench.client(), bench.queue(kind)];
  await client.createSender(queue).sendMessages(messages);
  return { client, queue, receiver: client.createReceiver(queue, options) };
}

describe("peek-lock", () => {
  test("a completed message is gone, and its lock with it", async () => {
    const { queue, receiver } = await queueWith("plain", { body: 1 });
    const message = await takeOne(receiver);
    expect(message.lockedUntilUtc?.getTime()).toBeGreaterThan(Date.now() + 50_000);
    await receiver.completeMessage(message);
    expect(await bench.figures(queue)).toMatchObject({ active: 0, locked: 0, settlements: 1 });
  });

  test("an abandoned message comes back in its place, counted and with another lock", async () => {
    const { receiver } = await queueWith("plain", [{ body: "first" }, { body: "second" }]);
    const first = await takeOne(receiver);
    await receiver.abandonMessage(first);
    const again = await takeOne(receiver);
    expect(again).toMatchObject({ body: "first", deliveryCount: 1 });
    expect(again.sequenceNumber?.toString()).toBe(first.sequenceNumber?.toString());
    expect(again.lockToken).not.toBe(first.lockToken);
  });

  test("a message that failed too often goes to the dead-letter queue with the reason", async () => {
    const { client, queue, receiver } = await queueWith("quick", { body: "poison", messageId: "p" });
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

  test.each(["complete", "abandon"] as const)(
    "%s after the lock was lost is refused and changes nothing",
    async (operation) => {
      const { queue, receiver } = await queueWith("quick", { body: 1 }, UNRENEWED);
      const message = await takeOne(receiver);
      await eventually(async () => (await bench.figures(queue)).active === 1);
      await expect(receiver[`${operation}Message`](message)).rejects.toMatchObject({ code: "MessageLockLost" });
      expect(await bench.figures(queue)).toMatchObject({ active: 1, deadLettered: 0 });
    },
  );

  test("renewing keeps the lock beyond its first end", async () => {
    const { queue, receiver } = await queueWith("quick", { body: 1 }, UNRENEWED);
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
    const { queue, receiver } = await queueWith("quick", { body: 1 }, UNRENEWED);
    const message = await takeOne(receiver);
    await eventually(async () => (await bench.figures(queue)).active === 1);
    await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: "MessageLockLost" });
  });

  test("the SDK's automatic renewal holds a message longer than its lock", async () => {
    const { queue, receiver } = await queueWith("quick", { body: 1 });
    const message = await takeOne(receiver);
    const until = message.lockedUntilUtc?.getTime() ?? 0;
    await eventually(async () => Date.now() > until + 600);
    await receiver.completeMessage(message);
    expect((await bench.figures(queue)).deliveries).toBe(1);
  });

  test("a closed receiver's message stays locked and can be settled through another one", async () => {
    const { queue, receiver: closed } = await queueWith("plain", { body: 1 });
    const message = await takeOne(closed);
    await closed.close();
    expect(await bench.figures(queue)).toMatchObject({ active: 0, locked: 1 });
    await expect(closed.completeMessage(message)).rejects.toThrow(/closed/);
  });
});

describe("what is not served", () => {
  // The SDK's type wants further properties; the description stands for them.
  const options = { deadLetterReason: "r", deadLetterErrorDescription: "in a test" };

  test.each<[string, (receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage) => Promise<void>]>([
    ["deferring", (receiver, message) => receiver.deferMessage(message)],
    ["dead-lettering by hand", (receiver, message) => receiver.deadLetterMessage(message, options)],
    ["changing a message that is abandoned", (receiver, message) => receiver.abandonMessage(message, { changed: 1 })],
  ])("%s is refused, and the message stays locked", async (_, settle) => {
    const { queue, receiver } = await queueWith("plain", { body: 1 });
    await expect(settle(receiver, await takeOne(receiver))).rejects.toThrow(/can be completed and abandoned here/);
    expect(await bench.figures(queue)).toMatchObject({ active: 0, locked: 1 });
  });

  test("receive-and-delete, and session state, are refused", async () => {
    const client = bench.client();
    const deleting = client.createReceiver(bench.queue("plain"), { receiveMode: "receiveAndDelete" });
    await expect(deleting.receiveMessages(1)).rejects.toThrow(/not supported by this broker/);
    const session = await client.acceptSession(bench.queue("session"), "s");
    await expect(session.getSessionState()).rejects.toThrow(/'com.microsoft:get-session-state' is not supported/);
  });
});

describe("dead-lettering", () => {
  test("dead letters are never counted out, and end by being completed", async () => {
    const { client, queue, receiver } = await queueWith("quick", { body: 1 });
    for (let attempt = 0; attempt < 3; attempt += 1) await receiver.abandonMessage(await takeOne(receiver));
    const dead = client.createReceiver(queue, { subQueueType: "deadLetter" });
    for (let attempt = 0; attempt < 6; attempt += 1) await dead.abandonMessage(await takeOne(dead));
    await dead.completeMessage(await takeOne(dead));
    expect((await bench.figures(queue)).deadLettered).toBe(0);
  });
});
