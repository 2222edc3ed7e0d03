// What every implementation of Bus must do, whatever is behind it.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PermanentFailure } from "../../../shared/kernel/failures.ts";
import type { Bus } from "../../../shared/platform/bus/bus.ts";

/** Both queues detect duplicates. */
export const SESSION_QUEUE = "with-sessions";
export const PLAIN_QUEUE = "without-sessions";

export interface Received {
  readonly messageId: string;
  readonly body: unknown;
}

export interface BusUnderTest {
  readonly bus: Bus;
  /** The queue's own time in milliseconds since the epoch. */
  now(): number;
  /** Takes `count` messages out of a session (or the plain queue) or fewer, if no more come within `withinMs`. */
  take(sessionId: string | undefined, count: number, withinMs: number): Promise<readonly Received[]>;
  stop(): Promise<void>;
}

export function busSuite(name: string, create: () => Promise<BusUnderTest>): void {
  describe(`Bus contract: ${name}`, () => {
    let under: BusUnderTest;
    beforeAll(async () => {
      under = await create();
    });
    afterAll(async () => {
      await under.stop();
    });
    const session = () => `s-${randomUUID()}`;

    test("messages of a session come in the order in which they were sent", async () => {
      const sessionId = session();
      const messages = [1, 2, 3].map((step) => ({
        body: { step, text: "Grüße 👍" },
        messageId: `${sessionId}-${step}`,
        sessionId,
      }));
      await under.bus.send(SESSION_QUEUE, messages);
      expect(await under.take(sessionId, 4, 500)).toEqual(messages.map(({ body, messageId }) => ({ body, messageId })));
    });

    test("one call may carry messages of several sessions and many messages", async () => {
      const sessions = [session(), session(), session()];
      const messages = Array.from({ length: 600 }, (_, n) => ({
        body: { n, filler: "x".repeat(2000) },
        messageId: `${sessions[0]}-${n}`,
        sessionId: sessions[n % 3] ?? "",
      }));
      await under.bus.send(SESSION_QUEUE, messages);
      for (const [offset, sessionId] of sessions.entries()) {
        const received = await under.take(sessionId, 200, 10_000);
        expect(received.map(({ body }) => body)).toEqual(
          Array.from({ length: 200 }, (_, n) => ({ n: n * 3 + offset, filler: "x".repeat(2000) })),
        );
      }
    });

    test("a second message with the same id is dropped, in one call and in the next", async () => {
      const sessionId = session();
      const message = { body: { n: 1 }, messageId: `twice-${sessionId}`, sessionId };
      await under.bus.send(SESSION_QUEUE, [message, message]);
      await under.bus.send(SESSION_QUEUE, [message]);
      await under.bus.send(SESSION_QUEUE, [{ ...message, scheduledAt: under.now() + 50 }]);
      expect(await under.take(sessionId, 2, 700)).toHaveLength(1);
      // Also after the first one is gone.
      await under.bus.send(SESSION_QUEUE, [message]);
      expect(await under.take(sessionId, 1, 300)).toHaveLength(0);
    });

    test("a scheduled message comes not before its time, others in the meantime", async () => {
      const sessionId = session();
      const at = under.now() + 1500;
      await under.bus.send(SESSION_QUEUE, [
        { body: { name: "later" }, messageId: `${sessionId}-1`, sessionId, scheduledAt: at },
        { body: { name: "at once" }, messageId: `${sessionId}-2`, sessionId },
        { body: { name: "overdue" }, messageId: `${sessionId}-3`, sessionId, scheduledAt: under.now() - 60_000 },
      ]);
      const first = await under.take(sessionId, 2, 700);
      expect(first.map(({ body }) => body)).toEqual(expect.arrayContaining([{ name: "at once" }, { name: "overdue" }]));
      expect(first).toHaveLength(2);
      const second = await under.take(sessionId, 1, 5000);
      expect(second.map(({ body }) => body)).toEqual([{ name: "later" }]);
      expect(under.now()).toBeGreaterThanOrEqual(at - 100);
    });

    test("many messages may be scheduled for different times in one call", async () => {
      const sessionId = session();
      const at = under.now() + 300;
      const messages = Array.from({ length: 250 }, (_, n) => ({
        body: { n },
        messageId: `${sessionId}-${n}`,
        sessionId,
        scheduledAt: at + (n % 2),
      }));
      await under.bus.send(SESSION_QUEUE, messages);
      const received = await under.take(sessionId, 250, 10_000);
      expect(new Set(received.map(({ messageId }) => messageId)).size).toBe(250);
    });

    test("a queue without sessions works too", async () => {
      const messageId = randomUUID();
      await under.bus.send(PLAIN_QUEUE, [{ body: ["a", 1, null], messageId }]);
      expect(await under.take(undefined, 1, 3000)).toEqual([{ body: ["a", 1, null], messageId }]);
    });

    test("no messages are no work", async () => {
      await expect(under.bus.send(SESSION_QUEUE, [])).resolves.toBeUndefined();
    });

    test.each([
      ["without a session id where one is needed", { messageId: "m", body: {} }],
      [
        "with a body that would overwrite the trigger's metadata",
        { messageId: "m", sessionId: "s", body: { SessionId: 1 } },
      ],
      ["without a body", { messageId: "m", sessionId: "s", body: undefined }],
      ["with an empty id", { messageId: "", sessionId: "s", body: {} }],
      ["with an id above 128 characters", { messageId: "m".repeat(129), sessionId: "s", body: {} }],
      ["with a time that is none", { messageId: "m", sessionId: "s", body: {}, scheduledAt: Number.NaN }],
    ])("a message %s is refused for good, naming the queue", async (_, message) => {
      await expect(under.bus.send(SESSION_QUEUE, [message])).rejects.toThrow(PermanentFailure);
      await expect(under.bus.send(SESSION_QUEUE, [message])).rejects.toThrow(SESSION_QUEUE);
    });

    test("a queue that does not exist is a PermanentFailure that names it", async () => {
      const sent = under.bus.send("absent-queue", [{ messageId: "m", body: {} }]);
      await expect(sent).rejects.toThrow(PermanentFailure);
      await expect(sent).rejects.toThrow("absent-queue");
    });
  });
}
