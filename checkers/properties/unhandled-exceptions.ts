/**
 * Errors that nobody foresaw: the client threw, or the system said what its error table does not know. They are `info`, so no verdict is wrong by
 * them, but each makes the history say less, and one of them may be the crash that somebody should look at.
 *
 * Never a violation. One warning for each kind, the most frequent first: how often, and the first of them. `unforeseen` counts all. O(n).
 * Source: Jepsen's `unhandled-exceptions`.
 */
import type { Failure } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { told } from '../read-write/prose.ts';
import { checkerOf, counted } from './property.ts';

export const unhandledExceptions = (workloads: readonly string[]) =>
  checkerOf({
    model: 'unhandled-exceptions',
    summary: 'never a violation: counts the errors that nobody foresaw, with the first of each kind',
    workloads,
    acrossKeys: true,
    judge: operations => {
      const kinds = unforeseen(operations);
      const count = kinds.reduce((sum, { operations: ofKind }) => sum + ofKind.length, 0);
      return { anomalies: [], warnings: kinds.map(asWarning), measured: { unforeseen: count } };
    },
  });

interface Kind {
  readonly message: string;
  readonly operations: readonly Operation[];
}

/** What clients say whose error table does not know what the system said, and what the run says of a client that threw. */
const unforeseenNames: ReadonlySet<string> = new Set(['unknown', 'client-threw']);

const unforeseen = (operations: readonly Operation[]): readonly Kind[] => {
  const kinds = new Map<string, { message: string; operations: Operation[] }>();
  for (const operation of operations) {
    const error = operation.completion?.error as Failure | string | undefined;
    if (typeof error !== 'object' || !unforeseenNames.has(error.name)) continue;
    // Addresses, numbers and times make no new kind.
    const shape = `${error.name} ${error.message.replaceAll(/\d+/g, '#')}`;
    const kind = kinds.get(shape);
    if (kind === undefined) kinds.set(shape, { message: error.message, operations: [operation] });
    else kind.operations.push(operation);
  }
  return [...kinds.values()].sort((a, b) => b.operations.length - a.operations.length);
};

const asWarning = ({ message, operations }: Kind): string =>
  `${counted(operations.length, 'operation')} ended in an error that nobody foresaw: ${message.slice(0, 200)} (first: ${told(operations[0]!)})`;
