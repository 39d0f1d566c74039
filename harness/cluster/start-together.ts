/** Nodes start together. */

/** All at once; as soon as one cannot start, the others are not waited for. Throws the first error. */
export const startTogether = async (
  nodes: readonly { start(signal: AbortSignal): Promise<void> }[],
  signal: AbortSignal,
): Promise<void> => {
  const giveUp = new AbortController();
  const errors: unknown[] = [];
  await Promise.all(
    nodes.map(async node => {
      try {
        await node.start(AbortSignal.any([signal, giveUp.signal]));
      } catch (thrown) {
        errors.push(thrown);
        giveUp.abort();
      }
    }),
  );
  if (errors.length > 0) throw errors[0];
};
