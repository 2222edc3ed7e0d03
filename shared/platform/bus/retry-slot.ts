// When a message that failed for the moment comes again. Times lie on a grid, so that repetitions asked for within the same
// part of it have the same id, and the queue's duplicate detection makes them one.

export interface AgainGrid {
  readonly gridMs: number;
  /** The shortest pause; a part of the grid when absent. */
  readonly leastMs?: number;
  readonly longestMs: number;
}

/** `retryAfterMs`: what the other side asked for, heeded within the bounds. `at` in milliseconds since the epoch. */
export function againSlot(
  { gridMs, leastMs = gridMs, longestMs }: AgainGrid,
  now: number,
  retryAfterMs = 0,
): { readonly slot: number; readonly at: number } {
  const slot = Math.ceil((now + Math.min(Math.max(retryAfterMs, leastMs), longestMs)) / gridMs);
  return { slot, at: slot * gridMs };
}
