// The same work for many things, a few at a time. Nothing goes on behind the back of a run that has failed: what was begun
// is waited for. (`Promise.all` over slices throws at once, and waits for the slowest of every slice.)

import { firstToRetry } from "./failures.ts";

/** The values in the order of the items, at most `atOnce` under way. After a failure none is begun; then it is thrown. */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of entries) {
      try {
        results[index] = await act(item);
      } catch (error) {
        failures.push(error);
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.length > 0) throw firstToRetry(failures);
  return results;
}

/** Every item has its turn, whatever becomes of the others; the outcomes are in the order of the items. */
export const settleConcurrently = <T, R>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<R>,
): Promise<readonly PromiseSettledResult<R>[]> =>
  mapConcurrently(items, atOnce, async (item) => {
    const [outcome] = await Promise.allSettled([act(item)]);
    return outcome;
  });

/** The values of all, or their failure, thrown. */
export function valuesOf<R>(outcomes: readonly PromiseSettledResult<R>[]): readonly R[] {
  const failures = outcomes.flatMap((one): readonly unknown[] => (one.status === "rejected" ? [one.reason] : []));
  if (failures.length > 0) throw firstToRetry(failures);
  return outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}
