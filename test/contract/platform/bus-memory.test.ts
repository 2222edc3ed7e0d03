import { memoryBus, type QueueDescription } from "../../support/memory/memory-bus.ts";
import { busSuite, PLAIN_QUEUE, SESSION_QUEUE } from "./bus.suite.ts";

const queues: readonly QueueDescription[] = [
  { name: SESSION_QUEUE, requiresSession: true, requiresDuplicateDetection: true },
  { name: PLAIN_QUEUE, requiresDuplicateDetection: true },
];

busSuite("memory", async () => {
  let now = 1_764_000_000_000;
  const bus = memoryBus({ clock: { now: () => now }, queues });
  return {
    bus,
    now: () => now,
    take: async (sessionId, count, withinMs) => {
      const queue = sessionId === undefined ? PLAIN_QUEUE : SESSION_QUEUE;
      const due = () => bus.due(queue, now).filter((message) => message.sessionId === sessionId);
      const end = now + withinMs;
      while (now < end && due().length < count) now += 1;
      const taken = due().slice(0, count);
      for (const message of taken) bus.complete(queue, message);
      return taken.map(({ messageId, body }) => ({ messageId, body }));
    },
    stop: () => bus.close(),
  };
});
