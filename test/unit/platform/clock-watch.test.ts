import { describe, expect, test } from "vitest";
import { ClockOff, clockWatch } from "../../../shared/platform/clock/clock-watch.ts";

const NOON = Date.UTC(2026, 10, 24, 12);
const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** A machine: `offsetMs` its wall clock is ahead of true time; storage answers with true time, in whole seconds. */
function aMachine(options: { readonly boundMs?: number } = {}) {
  const machine = { now: NOON + 400, offsetMs: 0, asked: 0, isAway: false, tripMs: 20, monotonicJump: 0 };
  const monotonic = (): number => machine.now - NOON + 777_000 + machine.monotonicJump;
  const answer = (): void => {
    const sentAt = monotonic();
    const serverMs = Math.floor(machine.now / SECOND) * SECOND;
    machine.now += machine.tripMs;
    watch.heard(serverMs, sentAt);
  };
  const watch = clockWatch({
    wall: { now: () => machine.now + machine.offsetMs },
    monotonic,
    boundMs: options.boundMs ?? 30 * SECOND,
    ask: async () => {
      machine.asked += 1;
      if (machine.isAway) throw new Error("storage is away");
      answer();
    },
  });
  return { machine, watch, answer };
}

describe("the watch on this instance's clock", () => {
  test("knows nothing before the first answer, and asks before anything is done", async () => {
    const { machine, watch } = aMachine();
    expect(watch.reading()).toEqual({ kind: "unknown", offsetMs: 0 });
    expect((await watch.check()).kind).toBe("right");
    expect(machine.asked).toBe(1);
  });

  test("asks nobody while answers come", async () => {
    const { machine, watch, answer } = aMachine();
    for (let minute = 0; minute < 10; minute++) {
      answer();
      machine.now += 20 * SECOND;
      expect((await watch.check()).kind).toBe("right");
    }
    expect(machine.asked).toBe(0);
    machine.now += HOUR;
    await watch.check();
    expect(machine.asked).toBe(1);
  });

  test.each([
    [HOUR, "off"],
    [-HOUR, "off"],
    [40 * SECOND, "off"],
    [-40 * SECOND, "off"],
    [25 * SECOND, "right"],
    [-25 * SECOND, "right"],
    [0, "right"],
  ] as const)("a clock that is off by %d ms is %s", async (offsetMs, kind) => {
    const { machine, watch } = aMachine();
    machine.offsetMs = offsetMs;
    const reading = await watch.check();
    expect(reading.kind).toBe(kind);
    expect(Math.abs(reading.offsetMs - offsetMs)).toBeLessThanOrEqual(SECOND);
    expect(Math.abs(watch.trusted.now() - machine.now)).toBeLessThanOrEqual(SECOND);
  });

  test("sees a jump between two answers at once, and that it is over", async () => {
    const { machine, watch, answer } = aMachine();
    answer();
    expect(watch.guarded.now()).toBe(machine.now);
    for (const offsetMs of [HOUR, -HOUR]) {
      machine.offsetMs = offsetMs;
      expect(() => watch.guarded.now()).toThrow(ClockOff);
      machine.offsetMs = 0;
      expect(watch.guarded.now()).toBe(machine.now);
    }
    expect(machine.asked).toBe(0);
  });

  test("a machine whose monotonic clock stood still while it slept is asked about, not refused", async () => {
    const { machine, watch, answer } = aMachine();
    answer();
    machine.now += HOUR;
    machine.monotonicJump -= HOUR;
    expect(watch.reading().kind).toBe("off");
    expect((await watch.check()).kind).toBe("right");
  });

  test.each([HOUR, -HOUR])("whoever moves both clocks by %d ms is seen all the same", async (jump) => {
    const { machine, watch, answer } = aMachine();
    answer();
    machine.offsetMs = jump;
    machine.monotonicJump = jump;
    expect((await watch.check()).kind).toBe("off");
    machine.offsetMs = 0;
    machine.monotonicJump = 0;
    expect((await watch.check()).kind).toBe("right");
  });

  test("believes the last answer while storage is away", async () => {
    const { machine, watch, answer } = aMachine();
    answer();
    machine.isAway = true;
    machine.now += HOUR;
    expect((await watch.check()).kind).toBe("right");
    machine.offsetMs = HOUR;
    expect((await watch.check()).kind).toBe("off");
  });

  test("takes no answer that was long on its way, and none without a date", () => {
    const { machine, watch, answer } = aMachine();
    machine.tripMs = 11 * SECOND;
    answer();
    watch.heard(Number.NaN, watch.monotonic());
    expect(watch.reading().kind).toBe("unknown");
  });

  test("counts what the round trip and the whole seconds leave open in favour of the clock", async () => {
    const { machine, watch } = aMachine({ boundMs: 2 * SECOND });
    machine.tripMs = 8 * SECOND;
    machine.offsetMs = 2 * SECOND;
    expect((await watch.check()).kind).toBe("right");
    machine.offsetMs = 16 * SECOND;
    expect((await watch.check()).kind).toBe("off");
  });

  test("asks once for many who want to know at the same time", async () => {
    const { machine, watch } = aMachine();
    machine.offsetMs = HOUR;
    await Promise.all(Array.from({ length: 20 }, () => watch.check()));
    expect(machine.asked).toBe(1);
  });
});
