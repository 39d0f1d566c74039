/** From entries of the log back to the operations that clients asked for: what a breach of the log means for them. */
import type { History, Key } from '../../harness/history/event.ts';
import { operationIndex, pairOperations } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';
import type { NodeEvents } from './events.ts';

export interface Requests {
  /** History indices of the requests behind these entries, in order. */
  ofDigests(digests: readonly string[]): number[];
  /** The same for the last entries of a term. */
  ofTerm(term: number): number[];
}

const mostOfATerm = 4;

/**
 * An applied entry tells key and value, and a history in which each value is written once tells who asked for it; a value that was asked
 * for more than once names nobody. O(events + history).
 */
export const createRequests = (nodes: readonly NodeEvents[], history: History): Requests => {
  const asked = indexByValue(history);
  const byDigest = new Map<string, number>();
  const byTerm = new Map<number, Set<string>>();
  for (const { event, context } of nodes.flatMap(({ events }) => events)) {
    if (event !== 'commit_applied' || context.key === undefined) continue;
    const index = asked.get(nameOf(context.key as Key, context.value as Json));
    if (index === undefined) continue;
    const digest = String(context.digest);
    byDigest.set(digest, index);
    const term = Number(context.entry_term);
    byTerm.set(term, (byTerm.get(term) ?? new Set()).add(digest));
  }
  const ofDigests = (digests: readonly string[]): number[] =>
    [...new Set(digests.flatMap(digest => byDigest.get(digest) ?? []))].sort((a, b) => a - b);
  return { ofDigests, ofTerm: term => ofDigests([...(byTerm.get(term) ?? [])].slice(-mostOfATerm)) };
};

/** Writes and compare-and-sets by key and the value they put there. */
const indexByValue = (history: History): ReadonlyMap<string, number> => {
  const asked = new Map<string, number>();
  const again = new Set<string>();
  for (const operation of pairOperations(history)) {
    const { f, key, value } = operation.invoke;
    if (key === undefined || (f !== 'write' && f !== 'cas')) continue;
    const name = nameOf(key, f === 'cas' && Array.isArray(value) ? (value[1] as Json) : value);
    if (asked.has(name)) again.add(name);
    asked.set(name, operationIndex(operation));
  }
  for (const name of again) asked.delete(name);
  return asked;
};

const nameOf = (key: Key, value: Json): string => `${key} ${JSON.stringify(value)}`;
