import { describe, expect, test } from "vitest";
import { eventually, isEmpty, take, takeOne, useBroker } from "./support.ts";

const bench = useBroker();

const sendTo = async (queue: string, ...messages: readonly (readonly [string, unknown])[]): Promise<void> => {
  const sender = bench.client().createSender(queue);
  for (const [sessionId, body] of messages) await sender.sendMessages({ sessionId, body });
};

const queueWith = async (kind: "session" | "quickSession", ...messages: readonly (readonly [string, unknown])[]) => {
  const queue = bench.queue(kind);
  await sendTo(queue, ...messages);
  return queue;
};

describe("accepting sessions", () => {
  test("a named session gives its messages in order and no others", async () => {
    const queue = await queueWith("session", ["a", 1], ["b", 2], ["a", 3]);
    const receiver = await bench.client().acceptSession(queue, "a");
    expect(receiver.sessionId).toBe("a");
    const messages = await take(receiver, 2);
    expect(messages.map(({ body, sessionId }) => [body as number, sessionId])).toEqual([
      [1, "a"],
      [3, "a"],
    ]);
    expect(await isEmpty(receiver)).toBe(true);
  });

  test("the next session is the one with the oldest message", async () => {
    const queue = await queueWith("session", ["late", 1], ["early", 2], ["late", 3]);
    const client = bench.client();
    expect((await client.acceptNextSession(queue)).sessionId).toBe("late");
    expect((await client.acceptNextSession(queue)).sessionId).toBe("early");
  });

  test("a session that is held cannot be accepted by another", async () => {
    const queue = await queueWith("session", ["a", 1]);
    const client = bench.client();
    await client.acceptSession(queue, "a");
    await expect(bench.client().acceptSession(queue, "a")).rejects.toMatchObject({ code: "SessionCannotBeLocked" });
  });

  test("without a free session the wait ends with a timeout", async () => {
    const queue = await queueWith("session", ["a", 1]);
    const client = bench.client();
    await client.acceptSession(queue, "a");
    await expect(client.acceptNextSession(queue)).rejects.toMatchObject({ code: "ServiceTimeout" });
  });

  test("a wait is served when a message arrives", async () => {
    const queue = bench.queue("session");
    const waiting = bench.client().acceptNextSession(queue);
    await sendTo(queue, ["new", "x"]);
    const receiver = await waiting;
    expect(receiver.sessionId).toBe("new");
    expect((await takeOne(receiver)).body).toBe("x");
  });

  test("a wait is served when a session becomes free", async () => {
    const queue = await queueWith("session", ["a", 1]);
    const holder = await bench.client().acceptSession(queue, "a");
    const waiting = bench.client().acceptNextSession(queue);
    await holder.close();
    expect((await waiting).sessionId).toBe("a");
  });

  test("a waiting client that goes away does not swallow the next session", async () => {
    const queue = bench.queue("session");
    const impatient = bench.client();
    impatient.acceptNextSession(queue).catch(() => {});
    await eventually(async () => (await bench.figures(queue)).waiting === 1);
    await impatient.close();
    expect((await bench.figures(queue)).waiting).toBe(0);
    await sendTo(queue, ["a", 1]);
    expect((await bench.client().acceptNextSession(queue)).sessionId).toBe("a");
  });

  test("a named session need not have messages", async () => {
    const queue = bench.queue("session");
    const receiver = await bench.client().acceptSession(queue, "empty");
    const waiting = receiver.receiveMessages(1, { maxWaitTimeInMs: 4000 });
    await sendTo(queue, ["empty", "came later"]);
    expect((await waiting)[0]?.body).toBe("came later");
  });

  test("session ids may hold any characters", async () => {
    const queue = await queueWith("session", ["odd / id:1 ü", 1]);
    expect((await bench.client().acceptNextSession(queue)).sessionId).toBe("odd / id:1 ü");
  });

  test("five receivers get five different sessions", async () => {
    const queue = await queueWith("session", ["1", 1], ["2", 1], ["3", 1], ["4", 1], ["5", 1]);
    const client = bench.client();
    const receivers = await Promise.all(Array.from({ length: 5 }, () => client.acceptNextSession(queue)));
    expect(receivers.map(({ sessionId }) => sessionId).toSorted()).toEqual(["1", "2", "3", "4", "5"]);
    expect((await bench.figures(queue)).accepts).toBe(5);
  });
});

describe("holding sessions", () => {
  test("closing the receiver frees session and messages at once and counts nothing", async () => {
    const queue = await queueWith("session", ["a", 1], ["a", 2]);
    const first = await bench.client().acceptSession(queue, "a");
    await take(first, 2);
    await first.close();
    const second = await bench.client().acceptNextSession(queue);
    const messages = await take(second, 2);
    expect(messages.map(({ body, deliveryCount }) => [body as number, deliveryCount])).toEqual([
      [1, 0],
      [2, 0],
    ]);
  });

  test("a broken connection frees the session", async () => {
    const queue = await queueWith("session", ["a", 1]);
    const client = bench.client();
    await takeOne(await client.acceptSession(queue, "a"));
    await client.close();
    expect((await bench.client().acceptSession(queue, "a")).sessionId).toBe("a");
  });

  test("an abandoned message comes first again", async () => {
    const queue = await queueWith("session", ["a", 1], ["a", 2]);
    const receiver = await bench.client().acceptSession(queue, "a");
    await receiver.abandonMessage(await takeOne(receiver));
    const messages = await take(receiver, 2);
    expect(messages.map(({ body, deliveryCount }) => [body as number, deliveryCount])).toEqual([
      [1, 1],
      [2, 0],
    ]);
  });

  test("renewing keeps session and messages locked", async () => {
    const queue = await queueWith("quickSession", ["a", 1]);
    const receiver = await bench.client().acceptSession(queue, "a", { maxAutoLockRenewalDurationInMs: 0 });
    const firstEnd = receiver.sessionLockedUntilUtc.getTime();
    const message = await takeOne(receiver);
    await eventually(async () => (await receiver.renewSessionLock()).getTime() > firstEnd + 1200);
    expect(receiver.sessionLockedUntilUtc.getTime()).toBeGreaterThan(firstEnd + 1000);
    await receiver.completeMessage(message);
    expect((await bench.figures(queue)).deliveries).toBe(1);
  });

  test("an expired session lock is lost for its holder and free for the next, counted", async () => {
    const queue = await queueWith("quickSession", ["a", 1]);
    const holder = await bench.client().acceptSession(queue, "a", { maxAutoLockRenewalDurationInMs: 0 });
    const message = await takeOne(holder);
    const next = await eventually(() =>
      bench
        .client()
        .acceptSession(queue, "a", { maxAutoLockRenewalDurationInMs: 0 })
        .catch((): undefined => undefined),
    );
    expect((await takeOne(next)).deliveryCount).toBe(1);
    await expect(holder.completeMessage(message)).rejects.toMatchObject({ code: "SessionLockLost" });
    expect(await bench.figures(queue)).toMatchObject({ locked: 1 });
  });

  test("a drain that meets a message in flight does not lose the session", async () => {
    const queue = bench.queue("session");
    const receiver = await bench.client().acceptSession(queue, "a");
    const sender = bench.client().createSender(queue);
    for (let round = 0; round < 40; round += 1) {
      const waiting = receiver.receiveMessages(1, { maxWaitTimeInMs: 5 });
      await sender.sendMessages({ sessionId: "a", body: round });
      const messages = await waiting;
      const [message] = messages.length > 0 ? messages : await take(receiver, 1);
      expect(message?.body).toBe(round);
      if (message !== undefined) await receiver.completeMessage(message);
    }
    expect(await bench.figures(queue)).toMatchObject({ accepts: 1, active: 0 });
  });
});
