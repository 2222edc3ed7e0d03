import { expect, test } from "vitest";
import { memoryBus } from "../../support/memory/memory-bus.ts";
import { QUEUES } from "../../../shared/capabilities.ts";

test("an id may come again after the queue's duplicate-detection window", async () => {
  let now = 0;
  const bus = memoryBus({ clock: { now: () => now }, queues: QUEUES });
  const message = { body: {}, messageId: "m", sessionId: "s" };
  await bus.send("upgrade-steps", [message]);
  now = 10 * 60_000 - 1;
  await bus.send("upgrade-steps", [message]);
  expect(bus.all("upgrade-steps")).toHaveLength(1);
  now = 10 * 60_000;
  await bus.send("upgrade-steps", [message]);
  expect(bus.all("upgrade-steps")).toHaveLength(2);
});

test("the next due time over all queues guides a simulation", async () => {
  const bus = memoryBus({ clock: { now: () => 100 }, queues: QUEUES });
  expect(bus.nextDueAt()).toBeUndefined();
  await bus.send("upgrade-steps", [{ body: {}, messageId: "a", sessionId: "s", scheduledAt: 500 }]);
  await bus.send("campaign-ticks", [{ body: {}, messageId: "b", sessionId: "s", scheduledAt: 300 }]);
  expect(bus.nextDueAt()).toBe(300);
  const [tick] = bus.due("campaign-ticks", 300);
  expect(tick?.messageId).toBe("b");
  expect(tick !== undefined && bus.complete("campaign-ticks", tick)).toBe(true);
  expect(tick !== undefined && bus.complete("campaign-ticks", tick)).toBe(false);
  expect(bus.nextDueAt()).toBe(500);
  expect(bus.due("upgrade-steps", 499)).toEqual([]);
});

test("what the sender changes afterwards does not reach the receiver", async () => {
  const bus = memoryBus({ clock: { now: () => 0 }, queues: [{ name: "q" }] });
  const body = { list: [1] };
  await bus.send("q", [{ body, messageId: "m" }]);
  body.list.push(2);
  expect(bus.all("q")[0]?.body).toEqual({ list: [1] });
});
