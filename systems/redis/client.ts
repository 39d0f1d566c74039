/**
 * A client as Redis' documentation wants it: before each operation it asks the Sentinel of its own node who is primary (which is what
 * a subscription to `+switch-master` comes to) and talks to that one. One operation open at most, no retries.
 */
import type { Redis } from 'ioredis';
import type { Client, Completion, Invocation } from '../../harness/protocol/client.ts';
import { type ErrorTable, failed } from '../../harness/protocol/errors.ts';
import type { Endpoint } from '../../harness/protocol/system.ts';
import { within } from '../../harness/std/deadline.ts';
import type { Json } from '../../harness/std/json.ts';
import { messageOf } from '../../harness/std/user-error.ts';
import { hangUp, openRedis } from './connection.ts';
import { redisErrors } from './errors.ts';

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
        return await perform(await findPrimary(signal), operation, options.wait);
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

const compareAndSet = `
local held = redis.call('GET', KEYS[1])
if (ARGV[1] == '' and held == false) or (ARGV[1] ~= '' and held == ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[2])
  return 1
end
return 0`;

async function perform(primary: Redis, { f, key: given, value }: Invocation, wait: number): Promise<Completion> {
  const key = String(given ?? '');
  switch (f) {
    case 'read': {
      const held = await primary.get(key);
      return { type: 'ok', value: held === null ? null : (JSON.parse(held) as Json) };
    }
    case 'write':
      await primary.set(key, JSON.stringify(value));
      return replicated(primary, wait, value);
    case 'cas': {
      const [expected, next] = value as readonly [Json, Json];
      // No JSON text is empty, so the empty one can stand for "never written".
      const done = await primary.eval(compareAndSet, 1, key, expected === null ? '' : JSON.stringify(expected), JSON.stringify(next));
      if (done === 1) return replicated(primary, wait, value);
      return failed(redisErrors as ErrorTable, 'compare-failed', { readOnly: false, message: 'the key held another value' });
    }
    default:
      return { type: 'fail', error: { name: 'unsupported', message: `Redis has no operation ${f} here` } };
  }
}

/** Too few acknowledgements take nothing back: the write is there, and may be lost with the primary. */
async function replicated(primary: Redis, wait: number, value: Json): Promise<Completion> {
  if (wait === 0) return { type: 'ok', value };
  const acknowledged = await primary.wait(wait, waitMs);
  if (acknowledged >= wait) return { type: 'ok', value };
  throw new Trouble('unreplicated', `${acknowledged} of ${wait} replicas had the write after ${waitMs} ms`);
}

function failure(thrown: unknown, { f }: Invocation, signal: AbortSignal): Completion {
  const message = messageOf(thrown);
  return failed(redisErrors as ErrorTable, saidBy(thrown, signal), { readOnly: f === 'read', message });
}

function saidBy(thrown: unknown, signal: AbortSignal): string {
  if (thrown instanceof Trouble) return thrown.said;
  const { name, message } = thrown as Error;
  if (name === 'ReplyError') return message;
  if (message.startsWith("Stream isn't writeable")) return 'not-sent';
  return signal.aborted ? 'no-answer' : 'connection-lost';
}
