// The journal's promise as a property: whatever happened, replaying what was written gives the state that was.
import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { receive } from "../../../local/servicebus/engine/receive.ts";
import type { EngineRecord } from "../../../local/servicebus/engine/records.ts";
import { finishRecovery, replay, snapshot } from "../../../local/servicebus/engine/recovery.ts";
import { send } from "../../../local/servicebus/engine/send.ts";
import { acceptNextSession, releaseSession } from "../../../local/servicebus/engine/sessions.ts";
import { settle } from "../../../local/servicebus/engine/settle.ts";
import { tick } from "../../../local/servicebus/engine/time.ts";
import type { Queue, SessionLock, Space } from "../../../local/servicebus/engine/types.ts";
import { message, queueIn, recordsOf, spaceOf } from "./support.ts";

const QUEUES = [
  { name: "q", maxDeliveryCount: 2, duplicateWindowMs: 40, defaultTtlMs: 300, deadLetterOnExpiry: true },
  { name: "s", requiresSession: true, lockDurationMs: 50 },
] as const;

type Step = readonly [kind: number, a: number, b: number];

/** One step of a random walk; what it cannot do in this state it does not do. */
function perform(space: Space, sessions: SessionLock[], [kind, a, b]: Step, now: number): void {
  const q = queueIn(space, "q");
  const s = queueIn(space, "s");
  const session = sessions[a % Math.max(1, sessions.length)];
  const lockOf = (queue: Queue): number => [...queue.locks.keys()][a % Math.max(1, queue.locks.size)] ?? 0;
  const how = b % 3 === 0 ? "complete" : "abandon";
  const steps: readonly (() => unknown)[] = [
    () => send(space, q, [message(`m${a}`, b > 5 ? { scheduledAt: now + b * 10 } : {}), message(`m${b}`)], now),
    () => send(space, s, [message("x", { sessionId: `s${a % 3}`, ...(b > 7 ? { ttlMs: 20 } : {}) })], now),
    () => receive(space, q, undefined, now, Infinity),
    () => receive(space, queueIn(space, "q/$deadletterqueue"), undefined, now, Infinity),
    () => settle(space, q, [lockOf(q)], how, now),
    () => settle(space, s, [lockOf(s)], how, now),
    () => {
      const lock = acceptNextSession(space, s, now, now, Infinity);
      if (lock !== undefined) sessions.push(lock);
    },
    () => session && receive(space, s, session, now, Infinity),
    () => session && releaseSession(space, s, session, now),
    () => tick(space, now),
  ];
  steps[kind % steps.length]?.();
}

/** The state as plain values: messages with their counts, locks, remembered ids, last numbers. */
function describeState(space: Space): unknown {
  return [...space.queues.values()].map((queue) => ({
    name: queue.name,
    messages: [...queue.messages.values()]
      .map((entry) => ({
        sequence: entry.sequence,
        id: entry.messageId,
        payload: Buffer.from(entry.content.payload).toString(),
        count: entry.deliveryCount,
        held: entry.lock !== undefined || entry.wasLocked,
        rests: entry.state === "locked" ? "ready" : entry.state,
        expiresAt: entry.expiresAt,
        added: [...entry.added].map(([key, item]) => [key, Buffer.from(item).toString("hex")] as const),
      }))
      .sort((one, other) => one.sequence - other.sequence),
    seen: [...queue.history].map(([id, { until }]) => [id, until] as const),
    last: queue.messages.size > 0 ? queue.lastSequence : undefined,
    bytes: queue.bytes,
  }));
}

/** Through the binary form and back, as a restart does. */
function throughDisk(records: readonly EngineRecord[]): readonly EngineRecord[] {
  return deserialize(serialize(records)) as readonly EngineRecord[];
}

const walk = fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(40)), { maxLength: 80 });

function run(moves: readonly (readonly [number, number, number, number])[]) {
  const space = spaceOf(...QUEUES);
  const sessions: SessionLock[] = [];
  const records: EngineRecord[] = [];
  let now = 1000;
  for (const [kind, a, b, pause] of moves) {
    now += pause;
    perform(space, sessions, [kind, a, b], now);
    records.push(...recordsOf(space));
  }
  return { space, records, now };
}

describe("replaying", () => {
  test("the journal leads to the state", () => {
    fc.assert(
      fc.property(walk, (moves) => {
        const { space, records } = run(moves);
        const restored = spaceOf(...QUEUES);
        for (const entry of throughDisk(records)) replay(restored, entry);
        expect(normalise(describeState(restored))).toEqual(normalise(describeState(space)));
      }),
      { numRuns: 300 },
    );
  });

  test("a snapshot leads to the state", () => {
    fc.assert(
      fc.property(walk, (moves) => {
        const { space } = run(moves);
        const restored = spaceOf(...QUEUES);
        for (const entry of throughDisk([...snapshot(space)])) replay(restored, entry);
        expect(describeState(restored)).toEqual(describeState(space));
      }),
      { numRuns: 300 },
    );
  });

  test("after recovery nothing is locked, every message can be delivered once, and none is lost", () => {
    fc.assert(
      fc.property(walk, (moves) => {
        const { space, records, now } = run(moves);
        const restored = spaceOf(...QUEUES.map((queue) => ({ ...queue, defaultTtlMs: Infinity })));
        for (const entry of throughDisk(records)) replay(restored, entry);
        finishRecovery(restored, now);
        const total = (of: Space): number =>
          [...of.queues.values()].reduce((sum, { messages }) => sum + messages.size, 0);
        expect(total(restored)).toBeLessThanOrEqual(total(space));
        const queue = queueIn(restored, "q");
        expect(queue.counts.locked).toBe(0);
        const ready = queue.counts.ready;
        const taken = new Set<number>();
        for (let lock = receive(restored, queue, undefined, now, Infinity); lock !== undefined;) {
          expect(taken.has(lock.message.sequence)).toBe(false);
          taken.add(lock.message.sequence);
          lock = receive(restored, queue, undefined, now, Infinity);
        }
        expect(taken.size).toBe(ready);
      }),
      { numRuns: 200 },
    );
  });
});

/** Ids are forgotten with time, which the journal does not record: only those still remembered are compared. */
function normalise(state: unknown): unknown {
  return JSON.parse(JSON.stringify(state, (key, entry: unknown) => (key === "seen" ? undefined : entry)));
}
