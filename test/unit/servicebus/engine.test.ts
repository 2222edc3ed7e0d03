import { describe, expect, test } from "vitest";
import { receive, renewLocks } from "../../../local/servicebus/engine/receive.ts";
import { send } from "../../../local/servicebus/engine/send.ts";
import { acceptNextSession, acceptSession, releaseSession } from "../../../local/servicebus/engine/sessions.ts";
import { settle } from "../../../local/servicebus/engine/settle.ts";
import { tick } from "../../../local/servicebus/engine/time.ts";
import { conditionOf, deadLettersOf, engineOf, message, value } from "./support.ts";

describe("locks", () => {
  test("a lock ends at its time, not before", () => {
    const { space, queue } = engineOf();
    send(space, queue, [message("a")], 0);
    receive(space, queue, undefined, 0, Infinity);
    tick(space, 999);
    expect(queue.counts).toMatchObject({ ready: 0, locked: 1 });
    tick(space, 1000);
    expect(queue.counts).toMatchObject({ ready: 1, locked: 0 });
  });

  test("a command after the end sees the lock as lost although no tick came", () => {
    const { space, queue } = engineOf();
    send(space, queue, [message("a")], 0);
    const lock = receive(space, queue, undefined, 0, Infinity);
    const late = settle(space, queue, [lock?.id ?? 0], "complete", 1000);
    expect(conditionOf(late)).toBe("com.microsoft:message-lock-lost");
    expect(queue.messages.size).toBe(1);
  });

  test("a renewed lock outlives an older one that was not", () => {
    const { space, queue } = engineOf();
    send(space, queue, [message("a"), message("b")], 0);
    const renewed = receive(space, queue, undefined, 0, Infinity);
    receive(space, queue, undefined, 100, Infinity);
    value(renewLocks(space, queue, [renewed?.id ?? 0], 900));
    tick(space, 1200);
    expect(queue.counts).toMatchObject({ ready: 1, locked: 1 });
    expect(renewed?.message.state).toBe("locked");
    expect(space.wakeAt).toBe(1900);
  });

  test("settling is all or nothing", () => {
    const { space, queue } = engineOf();
    send(space, queue, [message("a")], 0);
    const lock = receive(space, queue, undefined, 0, Infinity);
    settle(space, queue, [lock?.id ?? 0, 999], "complete", 1);
    expect(queue.counts.locked).toBe(1);
  });

  test("a message is not delivered before the frame that holds it is durable", () => {
    const { space, queue } = engineOf();
    space.commit = 7;
    send(space, queue, [message("a")], 0);
    expect(receive(space, queue, undefined, 0, 6)).toBeUndefined();
    expect(receive(space, queue, undefined, 0, 7)?.message.messageId).toBe("a");
  });
});

describe("order", () => {
  test("returned messages come before newer ones, in their own order", () => {
    const { space, queue } = engineOf({ maxDeliveryCount: 10 });
    send(
      space,
      queue,
      ["a", "b", "c", "d"].map((id) => message(id)),
      0,
    );
    const locks = [1, 2, 3].map(() => receive(space, queue, undefined, 0, Infinity)?.id ?? 0);
    for (const id of locks.toReversed()) settle(space, queue, [id], "abandon", 1);
    const order = [1, 2, 3, 4].map(() => receive(space, queue, undefined, 2, Infinity)?.message.messageId);
    expect(order).toEqual(["a", "b", "c", "d"]);
  });

  test("the session with the oldest message is next, whatever happened in between", () => {
    const { space, queue } = engineOf({ requiresSession: true });
    for (const sessionId of ["x", "y", "z"]) send(space, queue, [message(sessionId, { sessionId })], 0);
    const first = acceptNextSession(space, queue, 1, 0, Infinity);
    expect(first?.sessionId).toBe("x");
    const second = acceptNextSession(space, queue, 2, 0, Infinity);
    if (first === undefined || second === undefined) throw new Error("two sessions");
    receive(space, queue, first, 0, Infinity);
    releaseSession(space, queue, second, 1);
    releaseSession(space, queue, first, 1);
    const order = [3, 4, 5].map((owner) => acceptNextSession(space, queue, owner, 2, Infinity)?.sessionId);
    expect(order).toEqual(["x", "y", "z"]);
    expect(acceptNextSession(space, queue, 6, 2, Infinity)).toBeUndefined();
  });
});

describe("dead-lettering", () => {
  test("after the last attempt by expiry too", () => {
    const { space, queue } = engineOf({ maxDeliveryCount: 2 });
    send(space, queue, [message("a")], 0);
    receive(space, queue, undefined, 0, Infinity);
    tick(space, 1000);
    receive(space, queue, undefined, 1000, Infinity);
    tick(space, 2000);
    const [dead] = deadLettersOf(space).messages.values();
    expect(dead).toMatchObject({ sequence: 1, deliveryCount: 2 });
    expect(dead?.added.get("DeadLetterReason")).toBe("MaxDeliveryCountExceeded");
  });
});

describe("sessions", () => {
  test("forgotten when nobody holds them and nothing is left", () => {
    const { space, queue } = engineOf({ requiresSession: true });
    for (let round = 0; round < 100; round += 1) {
      const lock = value(acceptSession(space, queue, `s${round}`, round, round));
      releaseSession(space, queue, lock, round);
    }
    expect(queue.sessions.size).toBe(0);
  });

  test("a lost holder receives nothing more", () => {
    const { space, queue } = engineOf({ requiresSession: true });
    send(space, queue, [message("a", { sessionId: "s" })], 0);
    const lost = value(acceptSession(space, queue, "s", 1, 0));
    tick(space, 1000);
    value(acceptSession(space, queue, "s", 2, 1000));
    expect(receive(space, queue, lost, 1001, Infinity)).toBeUndefined();
  });
});

describe("time", () => {
  test("scheduled messages become active in the order of their times", () => {
    const { space, queue } = engineOf();
    send(space, queue, [message("late", { scheduledAt: 200 }), message("soon", { scheduledAt: 100 })], 0);
    expect(space.wakeAt).toBe(100);
    tick(space, 300);
    const ids = [1, 2].map(() => receive(space, queue, undefined, 300, Infinity)?.message.messageId);
    expect(ids).toEqual(["soon", "late"]);
  });

  test("an id is forgotten exactly when its window ends", () => {
    const { space, queue } = engineOf({ duplicateWindowMs: 50 });
    send(space, queue, [message("a")], 0);
    send(space, queue, [message("a")], 49);
    expect(queue.messages.size).toBe(1);
    send(space, queue, [message("a")], 50);
    expect(queue.messages.size).toBe(2);
  });
});

describe("memory", () => {
  test("the books of a busy queue do not grow with what has passed", () => {
    const { space, queue } = engineOf({ defaultTtlMs: 1_000_000 });
    for (let round = 0; round < 20_000; round += 1) {
      send(space, queue, [message("a")], round);
      const lock = receive(space, queue, undefined, round, Infinity);
      settle(space, queue, [lock?.id ?? 0], "complete", round);
      space.out.records = [];
    }
    expect([queue.messages.size, queue.locks.size, queue.bytes]).toEqual([0, 0, 0]);
    expect(queue.expiries.size).toBeLessThan(2000);
  });
});
