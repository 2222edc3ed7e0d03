import { InvocationContext } from "@azure/functions";
import { expect, test } from "vitest";
import { runCheckHandler } from "../../../functions/checks.ts";
import { QUEUES } from "../../../shared/capabilities.ts";
import { retryCheckMessage } from "../../../shared/checks/messages.ts";
import { CHECK_QUEUE } from "../../../shared/checks/resources.ts";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { memoryBus } from "../../support/memory/memory-bus.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const MINUTE = 60_000;
const request = { organisationId: "alpine", slot: NOW, task: "check" } as const;

function handlerThatFailsWith(error: Error, now = NOW) {
  const clock = { now: () => now };
  const bus = memoryBus({ clock, queues: QUEUES });
  const log = memoryLog();
  const fail = async () => {
    throw error;
  };
  const perform = runCheckHandler({ perform: fail }, { bus, clock, log });
  const handle = (message: unknown) => perform(message, new InvocationContext());
  return { bus, log, handle };
}

test.each(["check", "sweep"] as const)("a %s that fails for the moment is asked for again, later", async (task) => {
  const { bus, handle } = handlerThatFailsWith(new TransientFailure("503"));
  await handle({ ...request, task });
  await handle({ ...request, task });
  // Twice within a quarter of a minute is once.
  expect(bus.all(CHECK_QUEUE).map(({ body }) => body)).toEqual([{ ...request, task }]);
  expect(retryCheckMessage({ ...request, task }, NOW + 1)?.scheduledAt).toBe(NOW + 30_000);
});

test("one that is too old is given up: the next regular one says more", async () => {
  const { bus, log, handle } = handlerThatFailsWith(new TransientFailure("503"), NOW + 30 * MINUTE + 1);
  await handle(request);
  expect(bus.all(CHECK_QUEUE)).toEqual([]);
  expect(log.entries).toMatchObject([{ event: "message.leftToTimer", fields: { queue: CHECK_QUEUE } }]);
});

test("one that fails for good, or is none, goes to the dead letters", async () => {
  const { bus, handle } = handlerThatFailsWith(new PermanentFailure("no such table"));
  await expect(handle(request)).rejects.toThrow("no such table");
  await expect(handle({ nonsense: true })).rejects.toThrow("no check request");
  expect(bus.all(CHECK_QUEUE)).toEqual([]);
});
