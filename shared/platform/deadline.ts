// Every call to the outside has an end.
import { TransientFailure } from "../kernel/failures.ts";

/**
 * Runs `act` for at most `timeoutMs` milliseconds. When the time is over the signal aborts and the result is a
 * TransientFailure, even if `act` ignores the signal; what `act` does afterwards is nobody's business any more.
 */
export async function withDeadline<T>(
  what: string,
  timeoutMs: number,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    // Reject first, so that the caller sees the time limit and not the abort it causes.
    reject(new TransientFailure(`${what} took longer than ${timeoutMs} ms.`));
    controller.abort();
  }, timeoutMs);
  try {
    return await Promise.race([act(controller.signal), expired]);
  } finally {
    clearTimeout(timer);
  }
}
