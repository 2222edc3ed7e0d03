import { describe, expect, test } from "vitest";
import { eventually, useBroker } from "./support.ts";

const bench = useBroker();

describe("volume", () => {
  // More than one AMQP session has delivery slots (16,384): slots must become free again.
  test("20,000 messages pass one queue, each once and in order of sending", async () => {
    const { client, queue, sender } = bench.open("plain");
    const seen: number[] = [];
    client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 }).subscribe(
      {
        processMessage: async ({ body }) => {
          seen.push(body);
        },
        processError: async () => {},
      },
      { maxConcurrentCalls: 100 },
    );
    for (let at = 0; at < 20_000; at += 500) {
      await sender.sendMessages(Array.from({ length: 500 }, (_, index) => ({ body: at + index })));
    }
    await eventually(async () => (await bench.figures(queue)).settlements === 20_000, 40_000);
    expect(seen).toEqual(Array.from({ length: 20_000 }, (_, index) => index));
    expect(await bench.figures(queue)).toMatchObject({ active: 0, locked: 0, deadLettered: 0, deliveries: 20_000 });
  });

  test("200 sessions at the same time, each in order, none lost, none twice", async () => {
    const queue = bench.queue("session");
    const [sessions, perSession] = [200, 5];
    const sender = bench.client().createSender(queue);
    for (let body = 0; body < perSession; body += 1) {
      const ids = Array.from({ length: sessions }, (_, index) => `s${index}`);
      await sender.sendMessages(ids.map((sessionId) => ({ sessionId, body })));
    }
    const seen = new Map<string, number[]>();
    const clients = Array.from({ length: 4 }, () => bench.client());
    const work = async (index: number): Promise<void> => {
      const client = clients[index % clients.length];
      const receiver = await client?.acceptNextSession(queue);
      if (receiver === undefined) throw new Error("no session");
      const bodies: number[] = [];
      while (bodies.length < perSession) {
        for (const message of await receiver.receiveMessages(2, { maxWaitTimeInMs: 5000 })) {
          bodies.push(message.body);
          await receiver.completeMessage(message);
        }
      }
      expect(seen.has(receiver.sessionId)).toBe(false);
      seen.set(receiver.sessionId, bodies);
      await receiver.close();
    };
    await Promise.all(Array.from({ length: sessions }, (_, index) => work(index)));
    expect(seen.size).toBe(sessions);
    for (const bodies of seen.values()) expect(bodies).toEqual([0, 1, 2, 3, 4]);
    expect(await bench.figures(queue)).toMatchObject({ active: 0, locked: 0, settlements: sessions * perSession });
  });
});
