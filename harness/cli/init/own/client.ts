/**
 * How Ordeal talks to one node of yours. Every operation ends in one of three ways, and the verdict rests on telling them apart:
 *   ok    it happened, and this is the answer
 *   fail  it did not happen and never will
 *   info  nobody knows: it may have happened, may still happen, or never
 * When in doubt it is `info`: return it, or throw. A time-out is always `info`. Never retry in here: a hidden second attempt makes the
 * history a lie.
 */
import type { Client, Completion, Endpoint, Invocation } from 'ordeal';

export const connect = async (node: string, { host, port }: Endpoint): Promise<Client> => {
  // Open ONE connection to host:port here, with your driver's reconnects, retries and offline queue switched off.

  const read = async (key: string, signal: AbortSignal): Promise<number | null> => {
    throw new Error(`client.ts: say how ${key} is read from ${node} at ${host}:${port} (null: never written); aborted: ${signal.aborted}`);
  };

  const write = async (key: string, value: number, signal: AbortSignal): Promise<void> => {
    throw new Error(`client.ts: say how ${value} is written to ${key} on ${node} at ${host}:${port}; aborted: ${signal.aborted}`);
  };

  return {
    async invoke({ f, key, value }: Invocation, signal: AbortSignal): Promise<Completion> {
      if (f === 'read') return { type: 'ok', value: await read(String(key), signal) };
      await write(String(key), value as number, signal);
      return { type: 'ok', value };
    },
    async close() {
      // Close the connection.
    },
  };
};
