/** One connection to a Redis server or a Sentinel, with everything switched off that ioredis does behind one's back. */
import { Redis } from 'ioredis';
import type { Endpoint } from '../../harness/protocol/system.ts';

/** Resolves when the server itself has answered; rejects by the signal, or when it is loading or gone. Never queues, retries or reconnects. */
export const openRedis = async ({ host, port }: Endpoint, signal: AbortSignal): Promise<Redis> => {
  const redis = new Redis({
    host,
    port,
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    reconnectOnError: null,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  redis.on('error', () => {}); // whoever waits for an answer hears of it
  const onAbort = (): void => hangUp(redis);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await redis.connect();
    await redis.ping();
    return redis;
  } catch (thrown) {
    hangUp(redis);
    throw thrown;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

/** At once: ioredis would first take leave, and wait two seconds for the far end of a dead wire to do so too. */
export const hangUp = (redis: Redis): void => {
  redis.disconnect();
  redis.stream?.destroy();
};

/** One command on a connection of its own. */
export const askOnce = async (at: Endpoint, command: readonly [string, ...string[]], signal: AbortSignal): Promise<unknown> => {
  const redis = await openRedis(at, signal);
  const onAbort = (): void => hangUp(redis);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const [name, ...args] = command;
    return await redis.call(name, ...args);
  } finally {
    signal.removeEventListener('abort', onAbort);
    hangUp(redis);
  }
};
