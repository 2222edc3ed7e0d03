import type { InvocationContext } from "@azure/functions";
import { describe, expect, test } from "vitest";
import { reportClockOff } from "../../../shared/incidents/clock-off.ts";
import type { NewIncident } from "../../../shared/incidents/core/incident.ts";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { asReports } from "../../../shared/notices/messages.ts";
import { clockWatch } from "../../../shared/platform/clock/clock-watch.ts";
import { heldQueueHandler, unlessClockOff } from "../../../shared/platform/clock/held-by-clock.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { memoryBus } from "../../support/memory/memory-bus.ts";
import { MAIL_REPORT_QUEUE } from "../../../shared/notices/resources.ts";
import { UPGRADE_QUEUE } from "../../../shared/upgrades/resources.ts";
import { QUEUES } from "../../../shared/capabilities.ts";

const NOON = Date.UTC(2026, 10, 24, 12);
const HOUR = 3_600_000;
const BODY = { campaignId: "c-1", organisationId: "alpine-foods", poll: true };
/** The handlers read nothing else of the context. */
const context = { triggerMetadata: { sessionId: "alpine-foods", deliveryCount: 1 } } as unknown as InvocationContext;

function anInstance() {
  const state = { now: NOON, offsetMs: 0, isBusAway: false, isStorageAway: false };
  const incidents: NewIncident[] = [];
  const log = memoryLog();
  const memory = memoryBus({ clock: { now: () => state.now }, queues: QUEUES });
  const bus: typeof memory = {
    ...memory,
    send: async (...args) => {
      if (state.isBusAway) throw new TransientFailure("the bus is away");
      await memory.send(...args);
    },
  };
  const watch = clockWatch({
    wall: { now: () => state.now + state.offsetMs },
    monotonic: () => state.now,
    boundMs: 30_000,
    ask: async () => {
      if (state.isStorageAway) throw new TransientFailure("storage is away");
      watch.heard(state.now, state.now);
    },
  });
  const raise = async (incident: NewIncident) => void incidents.push(incident);
  const tell = reportClockOff({ clock: watch.trusted, log, instance: "vm-1", raise });
  return { state, incidents, bus, watch, deps: { clockWatch: watch, bus, log, reportClockOff: tell } };
}

describe("an instance whose clock is wrong", () => {
  test.each([HOUR, -HOUR])("(%d ms) leaves its messages to others, by true time, and tells once", async (offsetMs) => {
    const { state, bus, deps, incidents } = anInstance();
    let handled = 0;
    const handler = heldQueueHandler(deps, UPGRADE_QUEUE, () => void (handled += 1));
    await handler(BODY, context);
    expect(handled).toBe(1);
    state.offsetMs = offsetMs;
    await handler(BODY, context);
    // Delivered twice: still one message.
    await handler(BODY, context);
    expect(handled).toBe(1);
    const left = bus.all(UPGRADE_QUEUE);
    expect(left).toMatchObject([{ sessionId: "alpine-foods", body: BODY }]);
    const dueIn = (left[0]?.dueAt ?? 0) - state.now;
    expect(dueIn).toBeGreaterThan(0);
    expect(dueIn).toBeLessThanOrEqual(10_000);
    expect(incidents).toMatchObject([{ kind: "app.clockOff", severity: 1 }]);
    expect(incidents[0]?.title).toMatch(offsetMs > 0 ? /360[01] s ahead/ : /360[01] s behind/);
    state.offsetMs = 0;
    await handler(BODY, context);
    expect(handled).toBe(2);
  });

  test("stops where it is when the clock jumps on the way", async () => {
    const { state, bus, watch, deps } = anInstance();
    const handler = heldQueueHandler(deps, UPGRADE_QUEUE, async () => {
      state.offsetMs = HOUR;
      watch.guarded.now();
      throw new Error("it goes on");
    });
    await handler(BODY, context);
    expect(bus.all(UPGRADE_QUEUE)).toHaveLength(1);
  });

  test("throws when the message cannot be put back, so that it stays where it is", async () => {
    const { state, deps } = anInstance();
    state.offsetMs = HOUR;
    state.isBusAway = true;
    await expect(heldQueueHandler(deps, UPGRADE_QUEUE, () => {})(BODY, context)).rejects.toThrow("the bus is away");
  });

  test("that cannot know its clock because storage is away waits too, and tells nobody", async () => {
    const { state, bus, deps, incidents } = anInstance();
    state.isStorageAway = true;
    await heldQueueHandler(deps, UPGRADE_QUEUE, () => expect.unreachable())(BODY, context);
    expect(bus.all(UPGRADE_QUEUE)).toHaveLength(1);
    expect(incidents).toEqual([]);
  });

  test("runs no timer", async () => {
    const { state, deps, incidents } = anInstance();
    let runs = 0;
    const work = async () => void (runs += 1);
    expect(await unlessClockOff(deps, "reconcile-upgrades", work)).toBe(true);
    state.offsetMs = -HOUR;
    expect(await unlessClockOff(deps, "reconcile-upgrades", work)).toBe(false);
    expect(runs).toBe(1);
    expect(incidents).toHaveLength(1);
  });

  test("a failure of the handler is no matter of the clock", async () => {
    const { bus, deps } = anInstance();
    const handler = heldQueueHandler(deps, UPGRADE_QUEUE, () => Promise.reject(new TransientFailure("no storage")));
    await expect(handler(BODY, context)).rejects.toThrow("no storage");
    expect(bus.all(UPGRADE_QUEUE)).toEqual([]);
  });

  test("puts back an event of Event Grid, which has names that no message of ours may have", async () => {
    const { state, bus, deps } = anInstance();
    state.offsetMs = HOUR;
    const event = { subject: "sender/x/message/y", eventType: "…", data: {} };
    const plain = { triggerMetadata: {} } as unknown as InvocationContext;
    await heldQueueHandler(deps, MAIL_REPORT_QUEUE, () => {}, asReports)(event, plain);
    expect(bus.all(MAIL_REPORT_QUEUE)).toMatchObject([{ body: [event] }]);
  });

  test("an episode of its own raises an incident of its own", async () => {
    const { state, incidents, deps } = anInstance();
    state.offsetMs = HOUR;
    for (const hours of [0, 1, 2, 3, 24]) {
      state.now = NOON + hours * HOUR;
      await unlessClockOff(deps, "reconcile-upgrades", async () => {});
    }
    expect(new Set(incidents.map(({ incidentId }) => incidentId)).size).toBe(2);
  });
});
