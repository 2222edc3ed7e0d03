// The same work for many things, of which one must not spoil it for the others.

import { firstToRetry } from "./failures.ts";

/**
 * Does it for every item, one after the other. Those that fail hold up nobody; when all have had their turn, the first
 * failure is thrown (one that is worth another try before the others), so that the run counts as failed.
 */
export async function tryEach<T>(
  items: AsyncIterable<T> | Iterable<T>,
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  for await (const item of items) {
    try {
      await act(item);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw firstToRetry(failures);
}
