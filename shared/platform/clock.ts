// Time comes in through this port; nothing else in the product reads the wall clock.

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Milliseconds of a clock that nobody sets; only differences mean something. */
export const systemMonotonic = (): number => performance.now();
