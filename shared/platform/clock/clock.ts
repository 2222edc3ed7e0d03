// Time comes in through this port; nothing else in the product reads the wall clock.

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** This clock as it was at the start of the process, never set since: for how long something takes. Whole milliseconds. */
export const steadyClock: Clock = { now: () => Math.round(performance.timeOrigin + performance.now()) };

/** Milliseconds of a clock that nobody sets; only differences mean something. */
export const systemMonotonic = (): number => performance.now();
