import { describe, expect, test } from "vitest";
import { functionRegistry, readiness, selfCheck } from "../../../shared/platform/liveness.ts";

const clock = { now: () => 0 };

describe("readiness", () => {
  test("is given when all checks pass", async () => {
    const checks = [{ name: "tables", run: async () => {} }];
    expect(await readiness(checks, clock)).toEqual({
      ready: true,
      checks: [{ name: "tables", ok: true, durationMs: 0 }],
    });
    expect(await readiness([], clock)).toEqual({ ready: true, checks: [] });
  });

  test("is not given when one check fails, throws at once or hangs; the others are told all the same", async () => {
    const checks = [
      { name: "fails", run: () => Promise.reject(new Error("no table", { cause: new Error("403") })) },
      {
        name: "throws",
        run: () => {
          throw new Error("not a promise");
        },
      },
      { name: "hangs", run: () => new Promise<void>(() => {}), timeoutMs: 5 },
      { name: "fine", run: async () => {} },
    ];
    expect(await readiness(checks, clock)).toEqual({
      ready: false,
      checks: [
        { name: "fails", ok: false, durationMs: 0, reason: "no table: 403" },
        { name: "throws", ok: false, durationMs: 0, reason: "not a promise" },
        { name: "hangs", ok: false, durationMs: 0, reason: "Check hangs took longer than 5 ms." },
        { name: "fine", ok: true, durationMs: 0 },
      ],
    });
  });

  test("runs the checks side by side", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const checks = [
      { name: "waits", run: () => promise },
      { name: "wakes", run: async () => resolve() },
    ];
    expect((await readiness(checks, clock)).ready).toBe(true);
  });
});

describe("the self-check", () => {
  const fine = {
    expected: ["a", "t"],
    registered: ["a", "t"],
    timers: [{ name: "t", everyMs: 60_000 }],
    lastRuns: new Map<string, number>(),
    startedAt: 1_000_000,
    now: 1_000_000,
  };

  test("finds nothing when all run", () => {
    expect(selfCheck(fine)).toEqual([]);
    expect(selfCheck({ ...fine, now: 1_180_000 })).toEqual([]);
    expect(selfCheck({ ...fine, lastRuns: new Map([["t", 9_000_000]]), now: 9_180_000 })).toEqual([]);
  });

  test("names functions that are missing, unknown or doubled", () => {
    expect(selfCheck({ ...fine, registered: ["t", "t", "x"] })).toEqual([
      "Function a is not registered.",
      "Function x is registered but not expected.",
      "Function t is registered twice.",
    ]);
  });

  test("names a timer that never ran and one that has stopped", () => {
    expect(selfCheck({ ...fine, now: 1_180_001 })).toEqual([
      "Timer t has not run since the start; it should every 60 s.",
    ]);
    expect(selfCheck({ ...fine, lastRuns: new Map([["t", 2_000_000]]), now: 2_180_001 })).toEqual([
      "Timer t has not run since 1970-01-01T00:33:20.000Z; it should every 60 s.",
    ]);
  });

  test("does not blame a timer for the time before this process", () => {
    expect(selfCheck({ ...fine, lastRuns: new Map([["t", 0]]), now: 1_100_000 })).toEqual([]);
  });
});

test("the registry remembers registrations and runs", () => {
  let now = 0;
  const registry = functionRegistry({ now: () => now });
  registry.registered("t");
  const check = () => registry.check(["t"], [{ name: "t", everyMs: 1000 }]);
  now = 62_001;
  expect(check()).toHaveLength(1);
  registry.ran("t");
  expect(check()).toEqual([]);
});
