/** Serializability of list-append transactions as the command line knows it. */
import type { Checker } from '../../harness/protocol/checker.ts';
import { checkListAppend, type SerialModel } from './check.ts';

const checkerOf = (model: SerialModel, summary: string): Checker => ({
  model,
  summary,
  workloads: ['list-append'],
  check: (history, options) => checkListAppend(history, options, model),
});

export const serializability: readonly Checker[] = [
  checkerOf('serializable', 'transactions can be put in one order that explains every answer, whatever real time says'),
  checkerOf('repeatable-read', 'no cycle of transactions that saw, or did not see, each other’s writes of items (PL-2.99)'),
];
