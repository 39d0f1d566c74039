/**
 * Who must come before whom: by what was seen (wr), by what was not seen (rw), by the order of appends (ww), and by real time (rt).
 * The transactions can be put in one order that explains everything exactly if this graph has no cycle: then any topological order does,
 * because each read comes after all that it shows and before all that it does not.
 */
import { never } from '../linearizable/subject.ts';
import type { Transaction } from './transactions.ts';
import type { Version } from './versions.ts';

export interface Dependency {
  readonly to: number;
  readonly kind: 'ww' | 'wr' | 'rw' | 'rt';
  readonly key?: string;
  /** For ww: who shows in which order the two were. */
  readonly witness?: number;
}

/** Nodes below `size` are transactions, the others moments: one after each return, so that real time needs no n² edges. */
export interface Graph {
  readonly size: number;
  readonly edges: readonly (readonly Dependency[])[];
}

export const dependenciesOf = (
  transactions: readonly Transaction[],
  versions: ReadonlyMap<string, Version>,
  { realTime }: { readonly realTime: boolean },
): Graph => {
  const edges: Dependency[][] = transactions.map(() => []);
  for (const [key, version] of versions) byVersions(edges, transactions, key, version);
  if (realTime) byTime(edges, transactions);
  return { size: transactions.length, edges };
};

const byVersions = (edges: Dependency[][], transactions: readonly Transaction[], key: string, version: Version): void => {
  const { list, writers, unseen, shownBy: witness } = version;
  /** Who appended next to the first `length` values; behind all that were seen, everybody whose appends were not. */
  const after = (length: number): readonly number[] => (length < list.length ? [writers[length]!] : unseen);
  const add = (from: number, edge: Dependency): void => {
    if (from !== edge.to || edge.kind === 'wr') edges[from]!.push(edge);
  };
  for (let at = 1; at <= list.length; at++) {
    const writer = writers[at - 1]!;
    if (at < list.length && writers[at] === writer) continue;
    for (const next of after(at)) add(writer, { to: next, kind: 'ww', key, witness });
  }
  for (const [reader, { found }] of transactions.entries()) {
    const seen = found.get(key);
    if (seen === undefined) continue;
    if (seen.length > 0) add(writers[seen.length - 1]!, { to: reader, kind: 'wr', key });
    for (const next of after(seen.length)) add(reader, { to: next, kind: 'rw', key });
  }
};

/** A chain of moments in the order of the returns; a call comes after the last moment before it. */
const byTime = (edges: Dependency[][], transactions: readonly Transaction[]): void => {
  const returned = [...transactions.keys()]
    .filter(number => transactions[number]!.subject.returned !== never)
    .sort((a, b) => transactions[a]!.subject.returned - transactions[b]!.subject.returned);
  const first = edges.length;
  for (const [rank, number] of returned.entries()) {
    edges[number]!.push({ to: first + rank, kind: 'rt' });
    edges.push(rank + 1 < returned.length ? [{ to: first + rank + 1, kind: 'rt' }] : []);
  }
  const called = [...transactions.keys()].sort((a, b) => transactions[a]!.subject.called - transactions[b]!.subject.called);
  let rank = -1;
  for (const number of called) {
    while (rank + 1 < returned.length && transactions[returned[rank + 1]!]!.subject.returned < transactions[number]!.subject.called) rank++;
    if (rank >= 0) edges[first + rank]!.push({ to: number, kind: 'rt' });
  }
};
