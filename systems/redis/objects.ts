/**
 * What each workload asks for, in Redis' own types: a set is a set, a queue and a log are lists, counters are integers, a bank is a hash. Every
 * operation is one command or one script, which Redis carries out without anything in between.
 */
import type { Redis } from 'ioredis';
import type { Completion, Invocation } from '../../harness/protocol/client.ts';
import { type ErrorTable, failed } from '../../harness/protocol/errors.ts';
import type { Json } from '../../harness/std/json.ts';
import { redisErrors } from './errors.ts';

/** A completion, and the primary that must have told its replicas before it counts; undefined where nothing was written. */
export interface Done {
  readonly completion: Completion;
  readonly wrote?: Redis;
}

/** The next offset of each log that a consumer was assigned. */
export type Consumer = Map<string, number>;

type Perform = (primary: Redis, operation: Invocation, consumer: Consumer) => Promise<Done>;

/** They leave everything as it is, so an error on one of them is final. A poll moves nothing but its consumer. */
export const readOnly: ReadonlySet<string> = new Set(['read', 'assign', 'poll']);

const seen = (value: Json): Done => ({ completion: { type: 'ok', value } });
const written = (wrote: Redis, value: Json): Done => ({ completion: { type: 'ok', value }, wrote });
const refused = (said: keyof typeof redisErrors, message: string): Done => ({
  completion: failed(redisErrors as ErrorTable, said, { readOnly: false, message }),
});
const unsupported = (f: string): Done => ({
  completion: { type: 'fail', error: { name: 'unsupported', message: `Redis has no operation ${f} here` } },
});
const parsed = (text: string | null): Json => (text === null ? null : (JSON.parse(text) as Json));

const compareAndSet = `
local held = redis.call('GET', KEYS[1])
if (ARGV[1] == '' and held == false) or (ARGV[1] ~= '' and held == ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[2])
  return 1
end
return 0`;

const register: Perform = async (primary, { f, key: given, value }) => {
  const key = String(given ?? '');
  switch (f) {
    case 'read':
      return seen(parsed(await primary.get(key)));
    case 'write':
      await primary.set(key, JSON.stringify(value));
      return written(primary, value);
    case 'cas': {
      const [expected, next] = value as readonly [Json, Json];
      // No JSON text is empty, so the empty one can stand for "never written".
      const done = await primary.eval(compareAndSet, 1, key, expected === null ? '' : JSON.stringify(expected), JSON.stringify(next));
      return done === 1 ? written(primary, value) : refused('compare-failed', 'the key held another value');
    }
    default:
      return unsupported(f);
  }
};

/** A broadcast message is an element of the one set that there is. */
const set: Perform = async (primary, { f, key = 'broadcast', value }) => {
  if (f === 'read') return seen((await primary.smembers(String(key))).map(parsed));
  if (f !== 'add' && f !== 'broadcast') return unsupported(f);
  await primary.sadd(String(key), JSON.stringify(value));
  return written(primary, value);
};

const takeAll = `
local all = redis.call('LRANGE', KEYS[1], 0, -1)
redis.call('DEL', KEYS[1])
return all`;

const queue: Perform = async (primary, { f, key = 'queue', value }) => {
  switch (f) {
    case 'enqueue':
      await primary.rpush(String(key), JSON.stringify(value));
      return written(primary, value);
    case 'dequeue':
      return written(primary, parsed(await primary.lpop(String(key))));
    case 'drain':
      return written(primary, ((await primary.eval(takeAll, 1, String(key))) as string[]).map(parsed));
    default:
      return unsupported(f);
  }
};

/** `add` answers with what was asked, `inc` with what it made. */
const counter: Perform = async (primary, { f, key = 'counter', value }) => {
  if (f === 'read') return seen(Number((await primary.get(String(key))) ?? 0));
  if (f !== 'add' && f !== 'inc') return unsupported(f);
  const made = await primary.incrby(String(key), f === 'add' ? Number(value) : 1);
  return written(primary, f === 'add' ? value : made);
};

const uniqueIds: Perform = async (primary, { f }) =>
  f === 'generate' ? written(primary, await primary.incr('unique-ids')) : unsupported(f);

const transfer = `
if tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0') < tonumber(ARGV[3]) then return 0 end
redis.call('HINCRBY', KEYS[1], ARGV[1], '-' .. ARGV[3])
redis.call('HINCRBY', KEYS[1], ARGV[2], ARGV[3])
return 1`;

const openAll = `
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('HSET', KEYS[1], unpack(ARGV)) end
return 1`;

const bank: Perform = async (primary, { f, value }) => {
  switch (f) {
    case 'read':
      return seen(Object.fromEntries(Object.entries(await primary.hgetall('bank')).map(([name, balance]) => [name, Number(balance)])));
    case 'open':
      await primary.eval(openAll, 1, 'bank', ...Object.entries(value as { readonly [name: string]: number }).flat());
      return written(primary, value);
    case 'transfer': {
      const { from, to, amount } = value as { readonly from: string; readonly to: string; readonly amount: number };
      const done = await primary.eval(transfer, 1, 'bank', from, to, amount);
      return done === 1 ? written(primary, value) : refused('insufficient', `account ${from} has less than ${amount}`);
    }
    default:
      return unsupported(f);
  }
};

type Step = readonly [verb: string, key: string, value: Json];

/** A transaction writes one key or reads several. */
const longFork: Perform = async (primary, { f, value }) => {
  const steps = value as unknown as readonly Step[];
  if (f !== 'txn') return unsupported(f);
  const writes = steps.filter(([verb]) => verb === 'w');
  if (writes.length > 0) await primary.mset(...writes.flatMap(([, key, put]) => [key, JSON.stringify(put)]));
  const reads = steps.filter(([verb]) => verb === 'r');
  const held = reads.length > 0 ? await primary.mget(...reads.map(([, key]) => key)) : [];
  const answers = new Map(reads.map((step, at) => [step, parsed(held[at]!)]));
  const answer = steps.map((step): Json => [step[0], step[1], answers.has(step) ? answers.get(step)! : step[2]]);
  return writes.length > 0 ? written(primary, answer) : seen(answer);
};

/** Longer than anybody waits for an answer: who holds a lock and is not heard of loses it then. */
const leaseMs = 5000;
/** An answer that takes longer is worth nothing: the rest of the lease is for the work that the lock is for. */
const surelyHeldMs = 4000;

/** The token is counted where the lock is. */
const acquire = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.call('INCR', KEYS[2]) end
return 0`;

const release = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

const lock: Perform = async (primary, { f, key = 'lock', process }) => {
  const owner = `process ${process}`;
  if (f === 'acquire') {
    const began = performance.now();
    const token = Number(await primary.eval(acquire, 2, String(key), `${key}/token`, owner, leaseMs));
    if (token === 0) return refused('held', 'somebody holds the lock');
    if (performance.now() - began < surelyHeldMs) return written(primary, token);
    return { completion: { type: 'info', error: { name: 'lease-expired', message: 'the lease may have run out before the answer came' } } };
  }
  if (f !== 'release') return unsupported(f);
  const done = await primary.eval(release, 1, String(key), owner);
  return done === 1 ? written(primary, null) : refused('not-held', `${owner} did not hold the lock any more`);
};

const longestPoll = 100;

/** The place in the list is the offset. Where a consumer stands is kept by its client, so a new client must be assigned anew. */
const log: Perform = async (primary, { f, key = 'log', value }, consumer) => {
  switch (f) {
    case 'send': {
      const length = await primary.rpush(String(key), JSON.stringify(value));
      return written(primary, [length - 1, value]);
    }
    case 'assign':
      consumer.clear();
      for (const name of value as readonly string[]) consumer.set(name, 0);
      return seen(value);
    case 'poll': {
      if (consumer.size === 0) return refused('unassigned', 'this consumer was assigned no logs since it connected');
      const polled: [string, Json][] = [];
      for (const [name, from] of consumer) {
        const entries = (await primary.lrange(name, from, from + longestPoll - 1)).map((text, at): Json => [from + at, parsed(text)]);
        polled.push([name, entries]);
      }
      // Only now is it certain that the consumer will hear of them.
      for (const [name, entries] of polled) consumer.set(name, consumer.get(name)! + (entries as Json[]).length);
      return seen(Object.fromEntries(polled));
    }
    default:
      return unsupported(f);
  }
};

/** By workload. */
export const objects: Readonly<Record<string, Perform>> = {
  register,
  set,
  broadcast: set,
  queue,
  counter,
  monotonic: counter,
  'unique-ids': uniqueIds,
  bank,
  'long-fork': longFork,
  lock,
  log,
};
