// The same work for many things, a few at a time.

/**
 * Answers in the order of the items. All are waited for, also when one fails, so that none goes on behind the back of a
 * run that has failed.
 */
export async function fewAtOnce<T, R>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<R>,
): Promise<readonly PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of entries) {
      const [result] = await Promise.allSettled([act(item)]);
      results[index] = result;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** Their values; throws the first failure, if any. */
export function valuesOf<R>(results: readonly PromiseSettledResult<R>[]): readonly R[] {
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
