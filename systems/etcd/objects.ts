/**
 * What the workloads besides registers ask for, built from etcd's puts, ranges and transactions. Every operation that changes something is one request;
 * where it depends on what is there it compares revisions, and a comparison that fails means that nothing happened.
 */
import type { Completion } from '../../harness/protocol/client.ts';
import type { Json } from '../../harness/std/json.ts';
import { type Attempt, refused } from './attempt.ts';
import {
  allHeldIn,
  deleteAllOf,
  entriesIn,
  entryOf,
  headOf,
  heldIn,
  leaseIn,
  logOf,
  type MicroOperation,
  prefixOf,
  putIfNewOf,
  putIfUnchangedOf,
  putOf,
  rangeOf,
  readAllOf,
  removeIfOf,
  responsesIn,
  revisionIn,
  succeeded,
  transactionOf,
} from './requests.ts';

type Perform = (attempt: Attempt) => Promise<Completion>;

const ok = (value: Json): Completion => ({ type: 'ok', value });
const unsupported = (f: string): Completion => ({
  type: 'fail',
  error: { name: 'unsupported', message: `etcd has no operation ${f} here` },
});
const conflict = (): Completion => refused('conflict', 'a key was changed between the read and the commit');

const post = ({ gateway, signal }: Attempt, path: string, body: Json): Promise<Json> => gateway.post(path, body, signal);
const range = (attempt: Attempt, body: Json): Promise<Json> => post(attempt, '/v3/kv/range', body);
/** From here on nobody knows what a request without an answer has done. */
const change = (attempt: Attempt, path: string, body: Json): Promise<Json> => {
  attempt.changing();
  return post(attempt, path, body);
};

/** One key per element below that of the set: adds do not meet. A broadcast message is an element of the one set that there is. */
const set: Perform = async attempt => {
  const { f, value } = attempt.operation;
  const name = attempt.name('broadcast');
  if (f === 'read') return ok(entriesIn(await range(attempt, prefixOf(name, attempt.options))).map(entry => entry.value));
  if (f !== 'add' && f !== 'broadcast') return unsupported(f);
  await change(attempt, '/v3/kv/put', putOf(entryOf(name, JSON.stringify(value)), value));
  return ok(value);
};

/** One key per entry, oldest first by the revision that created it. */
const queue: Perform = async attempt => {
  const { f, value } = attempt.operation;
  const name = attempt.name('queue');
  switch (f) {
    case 'enqueue':
      await change(attempt, '/v3/kv/put', putOf(entryOf(name, attempt.unique()), value));
      return ok(value);
    case 'dequeue': {
      const [head] = entriesIn(await range(attempt, headOf(name, attempt.options)));
      if (head === undefined) return ok(null);
      return succeeded(await change(attempt, '/v3/kv/txn', removeIfOf(head.key, { revision: head.revision })))
        ? ok(head.value)
        : conflict();
    }
    case 'drain': {
      const removed = entriesIn(await change(attempt, '/v3/kv/deleterange', deleteAllOf(name)), 'prev_kvs');
      return ok(removed.map(entry => entry.value));
    }
    default:
      return unsupported(f);
  }
};

/** `add` answers with what was asked, `inc` with what it made. */
const counter: Perform = async attempt => {
  const { f, value } = attempt.operation;
  const name = attempt.name('counter');
  const held = heldIn(await range(attempt, rangeOf(name, attempt.options.serializable)));
  const sum = Number(held.value ?? 0);
  if (f === 'read') return ok(sum);
  if (f !== 'add' && f !== 'inc') return unsupported(f);
  const next = sum + (f === 'add' ? Number(value) : 1);
  const done = await change(attempt, '/v3/kv/txn', putIfUnchangedOf(new Map([[name, held]]), new Map([[name, next]])));
  if (!succeeded(done)) return conflict();
  return ok(f === 'add' ? value : next);
};

/** Every change has a revision of its own. */
const uniqueIds: Perform = async attempt =>
  attempt.operation.f === 'generate'
    ? ok(revisionIn(await change(attempt, '/v3/kv/put', putOf('unique-ids', attempt.operation.process))))
    : unsupported(attempt.operation.f);

const bank: Perform = async attempt => {
  const { f, value } = attempt.operation;
  const nameOf = (account: string): string => entryOf('bank', account);
  if (f === 'read') {
    const accounts = entriesIn(await range(attempt, prefixOf('bank', attempt.options)));
    return ok(Object.fromEntries(accounts.map(entry => [entry.key.slice(nameOf('').length), entry.value])));
  }
  if (f === 'open') {
    const balances = Object.entries(value as { readonly [account: string]: Json });
    await change(attempt, '/v3/kv/txn', putIfNewOf(balances.map(([account, balance]) => [nameOf(account), balance])));
    return ok(value);
  }
  if (f !== 'transfer') return unsupported(f);
  const { from, to, amount } = value as { readonly from: string; readonly to: string; readonly amount: number };
  const keys = [nameOf(from), nameOf(to)];
  const held = allHeldIn(await post(attempt, '/v3/kv/txn', readAllOf(keys, attempt.options.serializable)), keys);
  const [source, target] = keys.map(key => Number(held.get(key)!.value ?? 0));
  if (source! < amount) return refused('insufficient', `account ${from} has ${source}, less than ${amount}`);
  const balances = new Map<string, Json>([
    [keys[0]!, source! - amount],
    [keys[1]!, target! + amount],
  ]);
  return succeeded(await change(attempt, '/v3/kv/txn', putIfUnchangedOf(held, balances))) ? ok(value) : conflict();
};

/** All steps in one transaction: plain puts, and reads at one revision. */
const longFork: Perform = async attempt => {
  const steps = attempt.operation.value as unknown as readonly MicroOperation[];
  if (attempt.operation.f !== 'txn') return unsupported(attempt.operation.f);
  if (steps.some(([verb]) => verb === 'w')) attempt.changing();
  const responses = responsesIn(await post(attempt, '/v3/kv/txn', transactionOf(steps, attempt.options.serializable)), steps.length);
  return ok(
    steps.map(([verb, key, value], at): Json => [verb, key, verb === 'r' ? heldIn(responses[at]!.response_range ?? {}).value : value]),
  );
};

/** Milliseconds of each second of a lease: the rest is left for the work that the lock is for. */
const surelyHeld = 800;

/**
 * A lock on a lease, so that it comes free when its holder is gone; the revision at which it was taken is its fencing token. As etcd's own
 * clients do, the holder counts its lease from before it asked for it: an answer that comes when that may have run out is worth nothing.
 */
const lock: Perform = async attempt => {
  const { f, process } = attempt.operation;
  const name = attempt.name('lock');
  const owner = `process ${process}`;
  if (f === 'release') {
    const done = await change(attempt, '/v3/kv/txn', removeIfOf(name, { value: owner }));
    return succeeded(done) ? ok(null) : refused('not-held', `${owner} did not hold the lock any more`);
  }
  if (f !== 'acquire') return unsupported(f);
  const { leaseSeconds } = attempt.options;
  const began = performance.now();
  const lease = leaseIn(await post(attempt, '/v3/lease/grant', { TTL: String(leaseSeconds) }));
  const answer = await change(attempt, '/v3/kv/txn', putIfNewOf([[name, owner]], lease));
  if (!succeeded(answer)) return refused('held', 'somebody holds the lock');
  if (performance.now() - began < leaseSeconds * surelyHeld) return ok(revisionIn(answer));
  return {
    type: 'info',
    error: { name: 'lease-expired', message: `the lease of ${leaseSeconds} s may have run out before the answer came` },
  };
};

const longestPoll = 100;

/** One key per record; its offset is the revision that created it. The position of a consumer is kept here, so a new client must be assigned anew. */
const log: Perform = async attempt => {
  const { f, value } = attempt.operation;
  const { positions } = attempt;
  if (f === 'send') {
    const sent = await change(attempt, '/v3/kv/put', putOf(entryOf(attempt.name('log'), attempt.unique()), value));
    return ok([revisionIn(sent), value]);
  }
  if (f === 'assign') {
    positions.clear();
    for (const name of value as readonly string[]) positions.set(name, 0);
    return ok(value);
  }
  if (f !== 'poll') return unsupported(f);
  if (positions.size === 0) return refused('unassigned', 'this consumer was assigned no logs since it connected');
  const names = [...positions.keys()];
  const asked = { success: names.map(name => ({ request_range: logOf(name, positions.get(name)! + 1, longestPoll, attempt.options) })) };
  const responses = responsesIn(await post(attempt, '/v3/kv/txn', asked), names.length);
  const found = names.map((name, at) => [name, entriesIn(responses[at]!.response_range ?? {})] as const);
  for (const [name, entries] of found) if (entries.length > 0) positions.set(name, Number(entries.at(-1)!.revision));
  return ok(
    Object.fromEntries(found.map(([name, entries]): [string, Json] => [name, entries.map(entry => [Number(entry.revision), entry.value])])),
  );
};

/** By workload. */
export const objects: Readonly<Record<string, Perform>> = {
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
