/** Operations as etcd's transactions, and back: pure, so that what is asked and how an answer is read can be seen without a server. */
import type { Json } from '../../harness/std/json.ts';

/** What the history calls a micro-operation: `["append", key, value]`, `["r", key, null]`. */
export type MicroOperation = readonly [verb: string, key: string | number, value: Json];

/** A key as etcd held it: its value, and the revision of its last change; 0 if it was never written. */
export interface Held {
  readonly value: Json;
  readonly revision: string;
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const decoded = (text: string): Json => JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as Json;

export interface ReadOptions {
  /** Answered by the node that is asked, from what it has. */
  readonly serializable: boolean;
}

export const rangeOf = (key: string, serializable: boolean): Json => ({ key: base64(key), serializable });

/** The key of an entry below a name; all of them lie between `name/` and `name0`, the next byte. */
export const entryOf = (name: string, entry: string): string => `${name}/${entry}`;
const below = (name: string) => ({ key: base64(`${name}/`), range_end: base64(`${name}0`) });
const oldestFirst = { sort_order: 'ASCEND', sort_target: 'CREATE' } as const;

export const prefixOf = (name: string, { serializable }: ReadOptions): Json => ({ ...below(name), ...oldestFirst, serializable });
export const headOf = (name: string, { serializable }: ReadOptions): Json => ({ ...below(name), ...oldestFirst, limit: '1', serializable });
/** The entries that were made at this revision or later. */
export const logOf = (name: string, revision: number, limit: number, { serializable }: ReadOptions): Json => ({
  ...below(name),
  ...oldestFirst,
  min_create_revision: String(revision),
  limit: String(limit),
  serializable,
});
export const deleteAllOf = (name: string): Json => ({ ...below(name), prev_kv: true });

export const putOf = (key: string, value: Json): { readonly [name: string]: Json } => ({
  key: base64(key),
  value: base64(JSON.stringify(value)),
});

/** Null, never written, is a key without a creation. */
export const casOf = (key: string, expected: Json, next: Json): Json => ({
  compare: [
    expected === null
      ? { key: base64(key), target: 'CREATE', result: 'EQUAL', create_revision: '0' }
      : { key: base64(key), target: 'VALUE', result: 'EQUAL', value: base64(JSON.stringify(expected)) },
  ],
  success: [{ request_put: putOf(key, next) }],
});

export const readAllOf = (keys: readonly string[], serializable: boolean): Json => ({
  success: keys.map(key => ({ request_range: rangeOf(key, serializable) })),
});

/** Writes and reads in one transaction, whatever is there. */
export const transactionOf = (steps: readonly MicroOperation[], serializable: boolean): Json => ({
  success: steps.map(
    ([verb, key, value]): Json =>
      verb === 'r' ? { request_range: rangeOf(String(key), serializable) } : { request_put: putOf(String(key), value) },
  ),
});

/** Puts all if none of them was ever there; on a lease they go when it ends. */
export const putIfNewOf = (entries: readonly (readonly [key: string, value: Json])[], lease?: string): Json => ({
  compare: entries.map(([key]) => ({ key: base64(key), target: 'CREATE', result: 'EQUAL', create_revision: '0' })),
  success: entries.map(([key, value]) => ({ request_put: { ...putOf(key, value), ...(lease === undefined ? {} : { lease }) } })),
});

/** Removes a key if it is still what was seen. */
export const removeIfOf = (key: string, seen: { readonly revision: string } | { readonly value: Json }): Json => ({
  compare: [
    'revision' in seen
      ? { key: base64(key), target: 'MOD', result: 'EQUAL', mod_revision: seen.revision }
      : { key: base64(key), target: 'VALUE', result: 'EQUAL', value: base64(JSON.stringify(seen.value)) },
  ],
  success: [{ request_delete_range: { key: base64(key) } }],
});

/** Puts the new lists if none of the keys that were looked at has changed since. */
export const putIfUnchangedOf = (held: ReadonlyMap<string, Held>, changed: ReadonlyMap<string, Json>): Json => ({
  compare: [...held].map(([key, { revision }]) => ({ key: base64(key), target: 'MOD', result: 'EQUAL', mod_revision: revision })),
  success: [...changed].map(([key, value]) => ({ request_put: putOf(key, value) })),
});

interface KeyValue {
  readonly key?: string;
  readonly value?: string;
  readonly mod_revision?: string;
  readonly create_revision?: string;
}

/** An entry of a prefix: its whole key, and what it holds. */
export interface Entry extends Held {
  readonly key: string;
}

export const heldIn = (answer: Json): Held => {
  const [found] = (answer as { readonly kvs?: readonly KeyValue[] }).kvs ?? [];
  return found?.value === undefined ? { value: null, revision: '0' } : { value: decoded(found.value), revision: found.mod_revision ?? '0' };
};

/** Oldest first: a deleted range comes in the order of its keys. */
export const entriesIn = (answer: Json, member: 'kvs' | 'prev_kvs' = 'kvs'): readonly Entry[] => {
  const found = (answer as { readonly [name in typeof member]?: readonly KeyValue[] })[member] ?? [];
  return found
    .toSorted((a, b) => Number(a.create_revision) - Number(b.create_revision))
    .map(({ key = '', value = '', mod_revision: revision = '0' }) => ({
      key: Buffer.from(key, 'base64').toString('utf8'),
      value: decoded(value),
      revision,
    }));
};

/** The revision at which the answer was given: for a change, its own. */
export const revisionIn = (answer: Json): number => {
  const revision = Number((answer as { readonly header?: { readonly revision?: string } }).header?.revision);
  if (!Number.isSafeInteger(revision)) throw new Error('the answer names no revision');
  return revision;
};

export const leaseIn = (answer: Json): string => {
  const { ID: id } = answer as { readonly ID?: string };
  if (id === undefined) throw new Error('the answer names no lease');
  return id;
};

interface Response {
  readonly response_range?: Json;
}

/** What a transaction answered, step by step. */
export const responsesIn = (answer: Json, count: number): readonly Response[] => {
  const { responses = [] } = answer as { readonly responses?: readonly Response[] };
  if (responses.length !== count) throw new Error(`${responses.length} answers to ${count} steps`);
  return responses;
};

/** What a transaction of ranges answered, key by key. */
export const allHeldIn = (answer: Json, keys: readonly string[]): ReadonlyMap<string, Held> => {
  const responses = responsesIn(answer, keys.length);
  return new Map(keys.map((key, at) => [key, heldIn(responses[at]!.response_range ?? {})]));
};

/** Proto3's JSON leaves out what is false. */
export const succeeded = (answer: Json): boolean => (answer as { succeeded?: boolean }).succeeded === true;

export const keysOf = (operations: readonly MicroOperation[]): readonly string[] => [...new Set(operations.map(([, key]) => String(key)))];

/** Carries a transaction out on what was held: the answers to its reads in place, and the lists that it changed. */
export const applied = (
  operations: readonly MicroOperation[],
  held: ReadonlyMap<string, Held>,
): { readonly answer: Json; readonly changed: ReadonlyMap<string, Json> } => {
  const lists = new Map([...held].map(([key, { value }]) => [key, (value ?? []) as readonly Json[]]));
  const changed = new Map<string, Json>();
  const answer = operations.map(([verb, key, value]): Json => {
    const list = lists.get(String(key)) ?? [];
    if (verb === 'r') return [verb, key, list];
    lists.set(String(key), [...list, value]);
    changed.set(String(key), [...list, value]);
    return [verb, key, value];
  });
  return { answer, changed };
};
