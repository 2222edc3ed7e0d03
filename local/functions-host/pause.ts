// Waiting that a stop can cut short, and growing waits between attempts.

/** Resolves after `milliseconds`, or at once when the signal is or becomes aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** `baseMs`, doubled with each further attempt (from 0), never above `maxMs`. */
export const backOff = (attempt: number, baseMs: number, maxMs: number): number =>
  Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));

/** The other side did not answer within the limit of a wait. */
export class LimitPassed extends Error {
  override readonly name = "LimitPassed";
}

/**
 * What the work gives, or LimitPassed after so many milliseconds: no wait on the outside is for ever, whatever limits the
 * other side's library has of its own. What comes of the work afterwards is nobody's business any more.
 */
export async function limited<T>(what: string, milliseconds: number, work: Promise<T>): Promise<T> {
  const { promise: passed, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new LimitPassed(`${what} took longer than ${milliseconds} ms.`)), milliseconds);
  try {
    return await Promise.race([work, passed]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for the work but at most this long; tells whether the work ended in time. A failure of the work is its end. */
export async function within(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  const isDone = await Promise.race([ended, limit]);
  clearTimeout(timer);
  return isDone;
}
