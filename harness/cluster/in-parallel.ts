/**
 * Does the same to every item, at most `limit` at a time. Waits for all of them, then throws the first error: when it returns or throws,
 * nothing is under way any more. Results are in the order of the items.
 */
export const inParallel = async <T, R>(items: readonly T[], limit: number, act: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = new Array(items.length);
  const errors: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      try {
        results[at] = await act(items[at]!);
      } catch (thrown) {
        errors.push(thrown);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (errors.length > 0) throw errors[0];
  return results;
};
