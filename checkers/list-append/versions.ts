/**
 * Per key, the order in which values were appended, as far as any read shows it. Every read must show a beginning of the longest one, and
 * whole transactions. What contradicts that by itself is an anomaly that needs no search.
 */
import type { Json } from '../../harness/std/json.ts';
import { sameValue, valueKey } from '../models/values.ts';
import type { Transaction } from './transactions.ts';

export interface Version {
  /** The longest list that was found, and by whom. */
  readonly list: readonly Json[];
  readonly shownBy: number;
  /** Who appended the value at each place. */
  readonly writers: readonly number[];
  /** Transactions whose appends to this key nobody ever saw. */
  readonly unseen: readonly number[];
}

/** A contradiction: transactions by number, and what it is. */
export interface Flaw {
  readonly type: 'internal' | 'incompatible-order' | 'duplicate-elements' | 'G1a' | 'G1b' | 'phantom-value';
  readonly key: string;
  readonly transactions: readonly number[];
  /** A transaction that failed and whose append was seen all the same. */
  readonly failed?: Transaction;
  readonly value?: Json;
}

/** Who appended a value to a key, by both. */
export type Writers = ReadonlyMap<string, ReadonlyMap<ReturnType<typeof valueKey>, number>>;

/** Undefined if some value was appended to a key more than once: then reads do not say whose it is. */
export const writersOf = (transactions: readonly Transaction[]): Writers | undefined => {
  const writers = new Map<string, Map<ReturnType<typeof valueKey>, number>>();
  for (const [number, { appends }] of transactions.entries())
    for (const [key, values] of appends) {
      const ofKey = writers.get(key) ?? new Map<ReturnType<typeof valueKey>, number>();
      writers.set(key, ofKey);
      for (const value of values) {
        if (ofKey.has(valueKey(value))) return undefined;
        ofKey.set(valueKey(value), number);
      }
    }
  return writers;
};

export interface Versions {
  readonly versions: ReadonlyMap<string, Version>;
  readonly flaws: readonly Flaw[];
}

/** O(n) in the total length of the lists. */
export const versionsOf = (transactions: readonly Transaction[], writers: Writers, failed: readonly Transaction[]): Versions => {
  const flaws: Flaw[] = transactions.flatMap(({ tornKey }, number) =>
    tornKey === undefined ? [] : [{ type: 'internal', key: tornKey, transactions: [number] }],
  );
  const longest = new Map<string, { list: readonly Json[]; shownBy: number }>();
  for (const [number, { found }] of transactions.entries())
    for (const [key, list] of found) if (list.length > (longest.get(key)?.list.length ?? -1)) longest.set(key, { list, shownBy: number });
  for (const [number, { found }] of transactions.entries())
    for (const [key, list] of found) {
      const { list: whole, shownBy } = longest.get(key)!;
      if (!list.every((value, at) => sameValue(value, whole[at]!)))
        flaws.push({ type: 'incompatible-order', key, transactions: [number, shownBy] });
    }
  const versions = new Map<string, Version>();
  for (const [key, ofKey] of writers) if (!longest.has(key)) longest.set(key, { list: [], shownBy: [...ofKey.values()][0]! });
  for (const [key, { list, shownBy }] of longest) {
    const ofKey = writers.get(key);
    const writersHere = list.map(value => ofKey?.get(valueKey(value)) ?? -1);
    flaws.push(...flawsIn({ key, list, shownBy, writers: writersHere }, transactions, failed));
    const seen = new Set(list.map(valueKey));
    const unseen = new Set<number>();
    for (const [value, number] of ofKey ?? []) if (!seen.has(value)) unseen.add(number);
    versions.set(key, { list, shownBy, writers: writersHere, unseen: [...unseen] });
  }
  return { versions, flaws };
};

type Shown = Omit<Version, 'unseen'> & { readonly key: string };

/** What is wrong with the longest list of a key by itself. */
const flawsIn = ({ key, list, shownBy, writers }: Shown, transactions: readonly Transaction[], failed: readonly Transaction[]): Flaw[] => {
  if (new Set(list.map(valueKey)).size < list.length) return [{ type: 'duplicate-elements', key, transactions: [shownBy] }];
  const orphan = writers.indexOf(-1);
  if (orphan >= 0) {
    const value = list[orphan]!;
    const culprit = failed.find(({ appends }) => appends.get(key)?.some(other => sameValue(other, value)));
    if (culprit === undefined) return [{ type: 'phantom-value', key, value, transactions: [shownBy] }];
    return [{ type: 'G1a', key, value, transactions: [shownBy], failed: culprit }];
  }
  // A transaction's appends to a key stand together, in its own order.
  for (let at = 0; at < list.length; ) {
    const own = transactions[writers[at]!]!.appends.get(key)!;
    if (!own.every((value, i) => at + i < list.length && sameValue(value, list[at + i]!)))
      return [{ type: 'G1b', key, transactions: [writers[at]!, shownBy] }];
    at += own.length;
  }
  return [];
};
