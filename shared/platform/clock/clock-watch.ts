// Whether this instance's clock is right, by the time that every answer of storage carries (HTTP `Date`). An instance whose
// clock is off by more than a bound does not act (held-by-clock.ts). Messages of the bus are no better witness: their
// enqueued time tells only that it is later than that.
//
// An answer fixes true time on the monotonic clock, so a wall clock that jumps between two answers is seen at its next
// reading. No call is made for it while answers come; when none is recent, or the clock looks wrong, storage is asked.

import { TransientFailure } from "../../kernel/failures.ts";
import type { Clock } from "./clock.ts";

export interface ClockReading {
  /** `unknown`: no answer of storage has come yet. */
  readonly kind: "right" | "off" | "unknown";
  /** How far this clock is ahead of true time, negative when it is behind; 0 while unknown. */
  readonly offsetMs: number;
}

export interface ClockWatch {
  /** A server said that it was `serverMs`, in whole seconds; it was asked at `sentAt` of the monotonic clock. */
  heard(serverMs: number, sentAt: number): void;
  /** Milliseconds of the monotonic clock, for `heard`. */
  monotonic(): number;
  /** By what is known, without a call. */
  reading(): ClockReading;
  /** Asks first when nothing recent is known, or the clock looks wrong: a machine that slept looks so at first. */
  check(): Promise<ClockReading>;
  /** True time as far as it is known, else this clock's. For what must be right on an instance that is off. */
  readonly trusted: Clock;
  /** This clock; throws ClockOff while it is off, so that work which has begun ends where it is. */
  readonly guarded: Clock;
}

export interface ClockWatchDeps {
  readonly wall: Clock;
  /** Never set back, not changed by whoever sets the wall clock. */
  readonly monotonic: () => number;
  /** Off by more is off. */
  readonly boundMs: number;
  /** One cheap call whose answer is given to `heard`; may throw. */
  readonly ask: () => Promise<unknown>;
}

/** This instance must not act: its clock is wrong. Somebody else, or a later moment, will do. */
export class ClockOff extends TransientFailure {
  readonly offsetMs: number;
  constructor(offsetMs: number) {
    super(`The clock of this instance is ${describeOffset(offsetMs)}: it does not act until the clock is right.`, {
      retryAfterMs: 5000,
    });
    this.offsetMs = offsetMs;
  }
}

/** E.g. `3600 s ahead`. */
export const describeOffset = (offsetMs: number): string =>
  `${Math.round(Math.abs(offsetMs) / 1000)} s ${offsetMs < 0 ? "behind" : "ahead"}`;

/** So long does one answer do. */
const RECENT_MS = 30_000;
/** An answer that took longer says too little. */
const LONGEST_ROUND_TRIP_MS = 10_000;
/** Of HTTP's dates. */
const RESOLUTION_MS = 1000;

interface Witness {
  /** True time less the monotonic clock, in the middle of what is possible. */
  readonly differenceMs: number;
  readonly uncertaintyMs: number;
  readonly at: number;
}

export function clockWatch({ wall, monotonic, boundMs, ask }: ClockWatchDeps): ClockWatch {
  let witness: Witness | undefined;
  let asking: Promise<unknown> | undefined;
  const reading = (): ClockReading => {
    if (witness === undefined) return { kind: "unknown", offsetMs: 0 };
    const offsetMs = Math.round(wall.now() - (monotonic() + witness.differenceMs));
    const isOff = Math.abs(offsetMs) - witness.uncertaintyMs > boundMs;
    return { kind: isOff ? "off" : "right", offsetMs };
  };
  const isRecent = (): boolean => {
    const age = witness === undefined ? Infinity : monotonic() - witness.at;
    return age >= 0 && age < RECENT_MS;
  };
  return {
    monotonic,
    reading,
    heard(serverMs, sentAt) {
      const receivedAt = monotonic();
      const tripMs = receivedAt - sentAt;
      if (!Number.isFinite(serverMs) || tripMs < 0 || tripMs > LONGEST_ROUND_TRIP_MS) return;
      // The answer was written between sending and receiving, within the second that it names.
      const [least, most] = [serverMs - receivedAt, serverMs + RESOLUTION_MS - sentAt];
      witness = { differenceMs: (least + most) / 2, uncertaintyMs: (most - least) / 2, at: receivedAt };
    },
    async check() {
      if (isRecent() && reading().kind === "right") return reading();
      asking ??= ask()
        // Nobody answered: what was known before still holds.
        .catch(() => {})
        .finally(() => (asking = undefined));
      await asking;
      return reading();
    },
    trusted: { now: () => wall.now() - reading().offsetMs },
    guarded: {
      now() {
        const { kind, offsetMs } = reading();
        if (kind === "off") throw new ClockOff(offsetMs);
        return wall.now();
      },
    },
  };
}
