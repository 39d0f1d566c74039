/**
 * A bank: money moves between accounts in transactions, and every read shows all accounts. The accounts are opened first (`open` does nothing
 * if they are there); a transfer that would leave less than nothing is refused (`fail`).
 */
import { once, repeat, stream } from '../harness/generator/basic.ts';
import { phases, untilOk } from '../harness/generator/combine.ts';
import type { Generator } from '../harness/protocol/generator.ts';
import type { Workload, WorkloadContext } from '../harness/protocol/workload.ts';
import { onEveryNode } from './requests.ts';

export const bank: Workload = {
  name: 'bank',
  summary: 'transfers between accounts, and reads of all of them: the total never changes',
  options: {
    accounts: { default: 8, summary: 'accounts' },
    balance: { default: 10, summary: 'balance of each when it is opened' },
    largest: { default: 5, summary: 'largest amount of a transfer' },
    readShare: { default: 0.5, summary: 'share of reads, 0 to 1' },
  },
  models: ['bank'],
  readOnly: ['read'],
  generator: context => phases(untilOk(repeat(once(opening(context)))), requests(context)),
  final: ({ nodes }) => onEveryNode(nodes, [{ f: 'read', value: null }]),
};

const names = ({ options }: WorkloadContext): readonly string[] =>
  Array.from({ length: Math.max(2, Number(options.accounts)) }, (_, at) => `a${at}`);

const opening = (context: WorkloadContext) => ({
  f: 'open',
  value: Object.fromEntries(names(context).map(name => [name, Number(context.options.balance)])),
});

const requests = (context: WorkloadContext): Generator => {
  const { rng, options } = context;
  const accounts = names(context);
  return stream(() => {
    if (rng.chance(Number(options.readShare))) return { f: 'read', value: null };
    const from = rng.int(accounts.length);
    const to = (from + 1 + rng.int(accounts.length - 1)) % accounts.length;
    return {
      f: 'transfer',
      value: { from: accounts[from]!, to: accounts[to]!, amount: 1 + rng.int(Math.max(1, Number(options.largest))) },
    };
  });
};
