/** Anomalies of list-append in prose, with the names that Adya and Elle gave them. */
import type { Anomaly } from '../../harness/protocol/checker.ts';
import { by, span } from '../linearizable/explain.ts';
import { callOf, indexOf, indicesOf, never } from '../linearizable/subject.ts';
import { sameValue, show } from '../models/values.ts';
import type { Link } from './cycles.ts';
import type { Transaction } from './transactions.ts';
import type { Flaw } from './versions.ts';

export const explainFlaw = (flaw: Flaw, transactions: readonly Transaction[]): Anomaly => {
  const involved = [...new Set(flaw.transactions)].map(number => transactions[number]!);
  const operations = [...indicesOf(involved.map(({ subject }) => subject)), ...(flaw.failed ? [indexOf(flaw.failed.subject)] : [])];
  return { type: flaw.type, key: flaw.key, operations: operations.sort((a, b) => a - b), explanation: wordsFor(flaw, involved) };
};

const wordsFor = ({ type, key, value, failed }: Flaw, involved: readonly Transaction[]): string => {
  const [one, other] = involved;
  const read = (transaction: Transaction): string => `${named(transaction)} found ${key} = ${show([...transaction.found.get(key)!])}`;
  switch (type) {
    case 'internal':
      return `${named(one!)}: its own reads and appends of ${key} do not agree with each other.`;
    case 'incompatible-order':
      return `${read(one!)}, and ${read(other!)}: lists only grow, so one of them must be the beginning of the other.`;
    case 'duplicate-elements':
      return `${read(one!)}, where a value stands twice that was appended once.`;
    case 'G1a':
      return `${read(one!)}, but the only transaction that would have appended ${show(value!)} failed: ${named(failed!)}.`;
    case 'G1b':
      return `${read(other ?? one!)}, which shows only a part of what ${named(one!)} appended.`;
    case 'phantom-value':
      return `${read(one!)}, but nobody ever appended ${show(value!)}.`;
  }
};

/** G0: order of appends alone; G1c: and reads; G-single: one transaction that did not see another; G2-item: several. */
const typeOf = (cycle: readonly Link[]): string => {
  const kinds = cycle.map(({ edge }) => edge.kind);
  const unseen = kinds.filter(kind => kind === 'rw').length;
  const name = unseen > 1 ? 'G2-item' : unseen === 1 ? 'G-single' : kinds.includes('wr') ? 'G1c' : 'G0';
  return kinds.includes('rt') ? `${name}-realtime` : name;
};

export const explainCycle = (cycle: readonly Link[], transactions: readonly Transaction[]): Anomaly => {
  const numbers = new Set(cycle.map(({ from }) => from));
  for (const { from, edge } of cycle) {
    // The order of appends is known from a read, and so is it that a transaction of unknown outcome happened at all.
    if (edge.witness !== undefined) numbers.add(edge.witness);
    if (transactions[from]!.subject.returned === never) numbers.add(whoSaw(transactions[from]!, transactions));
  }
  const involved = [...numbers].map(number => transactions[number]!);
  const told = cycle.map(link => because(link, transactions));
  return {
    type: typeOf(cycle),
    operations: indicesOf(involved.map(({ subject }) => subject)),
    explanation: `No order explains these transactions: ${told.join('; ')}.`,
  };
};

const whoSaw = ({ appends }: Transaction, transactions: readonly Transaction[]): number =>
  transactions.findIndex(({ found }) =>
    [...appends].some(([key, values]) => found.get(key)?.some(element => values.some(value => sameValue(element, value)))),
  );

/** Why `from` must come before `to`. */
const because = ({ from, edge }: Link, transactions: readonly Transaction[]): string => {
  const [before, after] = [transactions[from]!, transactions[edge.to]!];
  const key = edge.key ?? '';
  switch (edge.kind) {
    case 'wr':
      return `${named(before)} comes before ${named(after)}, which saw what it appended to ${key}`;
    case 'rw':
      return `${named(before)} comes before ${named(after)}, because it did not see what that one appended to ${key}`;
    case 'ww':
      return `${named(before)} comes before ${named(after)}, as ${named(transactions[edge.witness!]!)} shows of their appends to ${key}`;
    case 'rt':
      return `${named(before)} had returned before ${named(after)} was called`;
  }
};

const named = ({ subject }: Transaction): string => {
  const { input, output } = callOf(subject);
  return `${show(output ?? input)} (${by(subject)}, ${subject.returned === never ? 'outcome unknown' : span(subject)})`;
};
