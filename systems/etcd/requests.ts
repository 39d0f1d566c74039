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

/** Serializable reads are answered by the node that is asked, from what it has. */
export const rangeOf = (key: string, serializable: boolean): Json => ({ key: base64(key), serializable });

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

/** Puts the new lists if none of the keys that were looked at has changed since. */
export const putIfUnchangedOf = (held: ReadonlyMap<string, Held>, changed: ReadonlyMap<string, Json>): Json => ({
  compare: [...held].map(([key, { revision }]) => ({ key: base64(key), target: 'MOD', result: 'EQUAL', mod_revision: revision })),
  success: [...changed].map(([key, value]) => ({ request_put: putOf(key, value) })),
});

interface RangeAnswer {
  readonly kvs?: readonly { readonly value?: string; readonly mod_revision?: string }[];
}

export const heldIn = (answer: Json): Held => {
  const [found] = (answer as RangeAnswer).kvs ?? [];
  return found?.value === undefined ? { value: null, revision: '0' } : { value: decoded(found.value), revision: found.mod_revision ?? '0' };
};

/** What a transaction of ranges answered, key by key. */
export const allHeldIn = (answer: Json, keys: readonly string[]): ReadonlyMap<string, Held> => {
  const { responses = [] } = answer as { responses?: readonly { readonly response_range?: Json }[] };
  if (responses.length !== keys.length) throw new Error(`${responses.length} answers to ${keys.length} ranges`);
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
