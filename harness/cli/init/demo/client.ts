/**
 * How Ordeal talks to one node. Every operation ends in one of three ways, and the whole verdict rests on telling them apart:
 *   ok    it happened, and this is the answer
 *   fail  it did not happen and never will
 *   info  nobody knows: it may have happened, may still happen, or never
 * When in doubt it is `info`. A time-out is always `info`. Never retry in here: a hidden second attempt makes the history a lie.
 */
import { type Client, type Completion, type Endpoint, failed, type Invocation } from 'ordeal';
import { errors } from './errors.ts';

const readOnly = (operation: Invocation): boolean => operation.f === 'read';

export const connect = async (_node: string, { host, port }: Endpoint): Promise<Client> => {
  const url = (key: unknown): string => `http://${host}:${port}/${encodeURIComponent(String(key))}`;

  const read = async (key: unknown, signal: AbortSignal): Promise<Completion> => {
    const response = await fetch(url(key), { signal });
    if (response.status === 404) return { type: 'ok', value: null }; // never written
    if (!response.ok) return failed(errors, `http ${response.status}`, { readOnly: true });
    return { type: 'ok', value: Number(await response.text()) };
  };

  const write = async (key: unknown, value: unknown, signal: AbortSignal): Promise<Completion> => {
    const response = await fetch(url(key), { method: 'PUT', body: String(value), signal });
    if (!response.ok) return failed(errors, `http ${response.status}`, { readOnly: false });
    return { type: 'ok', value: value as number };
  };

  return {
    async invoke(operation, signal) {
      try {
        return await (operation.f === 'read' ? read(operation.key, signal) : write(operation.key, operation.value, signal));
      } catch (error) {
        // A refused connection, a cut one, a time-out: the table says what each means.
        const code = (error as { cause?: { code?: string } }).cause?.code ?? String(error);
        return failed(errors, code, { readOnly: readOnly(operation) });
      }
    },
    async close() {},
  };
};
