/** For tests that need a Docker daemon: they skip where there is none and say why, but in CI a missing one is a failure. */
import { test } from 'vitest';
import { messageOf } from '../../../std/user-error.ts';
import { connectEngine, type Engine } from '../engine.ts';

const connected = await connectEngine().catch((thrown: unknown) => messageOf(thrown));

export const dockerHere = typeof connected !== 'string' || process.env.CI === 'true';

/** `dockerTest('claim', async engine => …)`. */
export const dockerTest = (claim: string, body: (engine: Engine) => Promise<void>, timeoutMs?: number): void => {
  const name = typeof connected === 'string' ? `${claim} (${connected})` : claim;
  test.skipIf(!dockerHere)(
    name,
    async () => {
      if (typeof connected === 'string') throw new Error(connected);
      await body(connected);
    },
    timeoutMs,
  );
};
