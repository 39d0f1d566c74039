/** A sign of life from the far end of a link, for systems whose protocol nobody told us. */
import { createConnection } from 'node:net';
import type { Endpoint } from '../../../protocol/system.ts';

/**
 * Says what nearly every server answers one way or another, if only with an error: a line of HTTP. Any byte back is a sign of life. An orderly
 * end is none: Toxiproxy ends a connection too when it could not dial. A server that says nothing to strangers cannot be pinged; then the
 * counters of the flows have to prove what is done to them.
 */
export const provoke = (at: Endpoint, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createConnection({ ...at, noDelay: true });
    const settle = (error?: Error): void => {
      signal.removeEventListener('abort', late);
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    const late = (): void => settle(new Error('no answer in time'));
    signal.addEventListener('abort', late, { once: true });
    if (signal.aborted) late();
    socket.on('connect', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    socket.on('data', () => settle());
    socket.on('error', settle);
    socket.on('close', () => settle(new Error('the connection ended without a word')));
  });
