/**
 * A client as Redis' documentation wants it: before each operation it asks the Sentinel of its own node who is primary (which is what
 * a subscription to `+switch-master` comes to) and talks to that one. One operation open at most, no retries.
 */
import type { Redis } from 'ioredis';
import type { Client, Completion, Invocation } from '../../harness/protocol/client.ts';
import { type ErrorTable, failed } from '../../harness/protocol/errors.ts';
import type { Endpoint } from '../../harness/protocol/system.ts';
import { within } from '../../harness/std/deadline.ts';
import { messageOf } from '../../harness/std/user-error.ts';
import { hangUp, openRedis } from './connection.ts';
import { redisErrors } from './errors.ts';
import { type Consumer, type Done, objects, readOnly } from './objects.ts';

/** The name under which the Sentinels watch the primary. */
export const watchedName = 'ordeal';

const connectTimeoutMs = 1000;
/** WAIT gives up after this long, well before the operation does. */
const waitMs = 500;

export interface RedisClientOptions {
  /** The Sentinel of the client's own node. */
  readonly sentinel: Endpoint;
  /** Where a node is reached that a Sentinel named; throws where there is no such node. */
  reach(node: string): Endpoint;
  /** Replicas that must have acknowledged a write before it counts as done. */
  readonly wait: number;
  /** Whose operations will be asked for; default `register`. */
  readonly workload?: string | undefined;
}

/** What went wrong and what was being done. `said` is looked up in the error table. */
class Trouble extends Error {
  readonly said: string;

  constructor(said: string, message: string) {
    super(message);
    this.said = said;
  }
}

/** Rejects when the node's Sentinel does not answer within a second. */
export async function redisClient(options: RedisClientOptions): Promise<Client> {
  const sentinel = await openRedis(options.sentinel, within(connectTimeoutMs));
  let primary: { readonly node: string; readonly redis: Redis } | undefined;

  /** Nothing was sent to a primary yet: whatever goes wrong here is final. */
  const findPrimary = async (signal: AbortSignal): Promise<Redis> => {
    const named = await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', watchedName).catch((thrown: unknown) => {
      throw new Trouble('no-sentinel', `the Sentinel did not say who is primary: ${messageOf(thrown)}`);
    });
    const node = Array.isArray(named) ? String(named[0]) : undefined;
    if (primary !== undefined && primary.node === node && primary.redis.status === 'ready') return primary.redis;
    if (primary !== undefined) hangUp(primary.redis);
    primary = undefined;
    if (node === undefined) throw new Trouble('no-primary', 'the Sentinel knows no primary');
    try {
      primary = { node, redis: await openRedis(options.reach(node), AbortSignal.any([signal, within(connectTimeoutMs)])) };
    } catch (thrown) {
      throw new Trouble('no-primary', `the primary ${node} does not answer: ${messageOf(thrown)}`);
    }
    return primary.redis;
  };

  const perform = objects[options.workload ?? 'register'] ?? objects.register!;
  const consumer: Consumer = new Map();
  let ended = false;
  const end = (): void => {
    ended = true;
    hangUp(sentinel);
    if (primary !== undefined) hangUp(primary.redis);
  };

  return {
    get closed() {
      return ended || sentinel.status !== 'ready';
    },
    async invoke(operation, signal) {
      // A command without an answer is given up by closing the connection that would bring it.
      signal.addEventListener('abort', end, { once: true });
      try {
        signal.throwIfAborted();
        return await settled(await perform(await findPrimary(signal), operation, consumer), options.wait);
      } catch (thrown) {
        return failure(thrown, operation, signal);
      } finally {
        signal.removeEventListener('abort', end);
      }
    },
    async close() {
      end();
    },
  };
}

/** Too few acknowledgements take nothing back: the write is there, and may be lost with the primary. */
async function settled({ completion, wrote }: Done, wait: number): Promise<Completion> {
  if (wrote === undefined || wait === 0) return completion;
  const acknowledged = await wrote.wait(wait, waitMs);
  if (acknowledged >= wait) return completion;
  throw new Trouble('unreplicated', `${acknowledged} of ${wait} replicas had the write after ${waitMs} ms`);
}

function failure(thrown: unknown, { f }: Invocation, signal: AbortSignal): Completion {
  const message = messageOf(thrown);
  return failed(redisErrors as ErrorTable, saidBy(thrown, signal), { readOnly: readOnly.has(f), message });
}

function saidBy(thrown: unknown, signal: AbortSignal): string {
  if (thrown instanceof Trouble) return thrown.said;
  const { name, message } = thrown as Error;
  if (name === 'ReplyError') return message;
  if (message.startsWith("Stream isn't writeable")) return 'not-sent';
  return signal.aborted ? 'no-answer' : 'connection-lost';
}
