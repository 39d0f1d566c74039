/**
 * A bank: money moves between accounts, and every read that shows all of them shows the same total.
 *
 * Operations: `open` {account: balance}, perhaps, once before all else; `transfer` {from, to, amount}; `read` -> {account: balance}. The
 * right total is that of `open`, else the one that most reads show, the earliest of equals. Anomalies: `wrong-total`, with the transfers that
 * were torn where those beside the read explain the difference; `negative-balance`; `missing-balance` (no number); `unexpected-account`.
 * A bank that nobody read: unknown. O(n log n) and, for a read with a wrong total, the square of the transfers beside it, at most 64.
 * Source: Jepsen's `bank`.
 */
import type { Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Anomaly } from '../../harness/protocol/checker.ts';
import type { Json } from '../../harness/std/json.ts';
import { show } from '../models/values.ts';
import { told } from '../read-write/prose.ts';
import { anomaly, callOf, checkerOf, type Found, returnOf } from './property.ts';

export const bank = checkerOf({
  model: 'bank',
  summary: 'every read of all accounts shows the same total, and no account below zero; says which transfers were torn',
  workloads: ['bank'],
  judge: (operations, key) => judgeBank(operations, key),
});

type Balances = Readonly<Record<string, Json>>;

interface Reading {
  readonly read: Operation;
  readonly balances: Balances;
  readonly total: number;
}

const judgeBank = (operations: readonly Operation[], key: Key | undefined): Found => {
  const opened = operations.find(({ invoke, type }) => invoke.f === 'open' && type !== 'fail');
  const readings = operations
    .filter(isReading)
    .map(readingOf)
    .filter(({ balances, read }) => !isTooEarly(balances, read, opened));
  if (readings.length === 0) return { anomalies: [], unknown: operations.length === 0 ? undefined : 'nobody read the accounts' };
  const accounts = opened && balancesOf(opened.invoke.value);
  const expected = accounts ? totalOf(accounts) : commonest(readings);
  const transfers = operations.filter(({ invoke, type }) => invoke.f === 'transfer' && type !== 'fail');
  const beside = besideReads(transfers);
  const anomalies = readings.flatMap(reading => [
    ...oddAccounts(reading, accounts, opened, key),
    ...(reading.total === expected ? [] : [wrongTotal(reading, { expected, opened, beside: beside(reading.read) }, key)]),
  ]);
  return {
    anomalies,
    measured: { reads: readings.length, badReads: new Set(anomalies.map(({ operations: named }) => named.at(-1))).size },
  };
};

const isReading = ({ invoke, type }: Operation): boolean => invoke.f === 'read' && type === 'ok';

const balancesOf = (value: Json): Balances =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Balances) : {};

const totalOf = (balances: Balances): number =>
  Object.values(balances).reduce<number>((sum, balance) => sum + (typeof balance === 'number' ? balance : 0), 0);

const readingOf = (read: Operation): Reading => {
  const balances = balancesOf(read.completion!.value);
  return { read, balances, total: totalOf(balances) };
};

/** No accounts yet, and none that there must be. */
const isTooEarly = (balances: Balances, read: Operation, opened: Operation | undefined): boolean =>
  Object.values(balances).every(balance => balance === null) && (opened === undefined || callOf(read) < returnOf(opened));

const commonest = (readings: readonly Reading[]): number => {
  const counts = new Map<number, number>();
  for (const { total } of readings) counts.set(total, (counts.get(total) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
};

const oddAccounts = (
  { read, balances }: Reading,
  accounts: Balances | undefined,
  opened: Operation | undefined,
  key: Key | undefined,
): readonly Anomaly[] => {
  const found = Object.entries(balances);
  const negative = found.filter(([, balance]) => typeof balance === 'number' && balance < 0);
  const missing = [
    ...found.filter(([, balance]) => typeof balance !== 'number').map(([name]) => name),
    ...(accounts ? Object.keys(accounts).filter(name => !Object.hasOwn(balances, name)) : []),
  ];
  const unexpected = accounts ? found.filter(([name]) => !Object.hasOwn(accounts, name)).map(([name]) => name) : [];
  const because = opened === undefined ? [read] : [opened, read];
  return [
    ...negative.map(([name, balance]) =>
      anomaly('negative-balance', key, [read], `${told(read)}: account ${name} has ${show(balance)}, though none may fall below zero.`),
    ),
    ...(missing.length > 0
      ? [anomaly('missing-balance', key, because, `${told(read)}, which shows no balance of ${missing.join(', ')}.`)]
      : []),
    ...(unexpected.length > 0
      ? [
          anomaly(
            'unexpected-account',
            key,
            because,
            `${told(read)}, which shows ${unexpected.join(', ')}, an account that was never opened.`,
          ),
        ]
      : []),
  ];
};

const mostBeside = 64;

/** The transfers of which a read may have seen half: open at the same time, or else the last ones called before it returned. */
const besideReads = (transfers: readonly Operation[]): ((read: Operation) => readonly Operation[]) => {
  return read => {
    let [low, high] = [0, transfers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (callOf(transfers[middle]!) < returnOf(read)) low = middle + 1;
      else high = middle;
    }
    const before = transfers.slice(Math.max(0, low - mostBeside), low).reverse();
    const isOpen = (transfer: Operation): boolean => returnOf(transfer) > callOf(read);
    return [...before.filter(isOpen), ...before.filter(transfer => !isOpen(transfer))];
  };
};

interface Case {
  readonly expected: number;
  readonly opened: Operation | undefined;
  readonly beside: readonly Operation[];
}

const wrongTotal = ({ read, total }: Reading, { expected, opened, beside }: Case, key: Key | undefined): Anomaly => {
  const difference = total - expected;
  const torn = tornOnes(difference, beside);
  const why =
    torn.length === 0
      ? ''
      : ` It is as if only one half of ${torn.length === 1 ? 'this transfer' : 'each of these transfers'} had been seen, the ${difference < 0 ? 'debit' : 'credit'}: ${torn.map(told).join('; ')}.`;
  const how = opened === undefined ? `most reads show ${expected}` : `${told(opened)}, which is ${expected}`;
  return anomaly(
    'wrong-total',
    key,
    [read, ...torn, ...(opened ? [opened] : [])],
    `${told(read)}: the total is ${total}, but ${how}: ${Math.abs(difference)} too ${difference < 0 ? 'little' : 'much'}.${why}`,
  );
};

/** One, or two, whose amounts are the difference; those that were open during the read first. */
const tornOnes = (difference: number, beside: readonly Operation[]): readonly Operation[] => {
  const amount = Math.abs(difference);
  const one = beside.find(transfer => amountOf(transfer) === amount);
  if (one !== undefined) return [one];
  for (const [at, first] of beside.entries()) {
    const second = beside.slice(at + 1).find(other => amountOf(first) + amountOf(other) === amount);
    if (second !== undefined) return [first, second];
  }
  return [];
};

const amountOf = ({ invoke }: Operation): number => Number((invoke.value as { readonly amount?: number } | null)?.amount);
