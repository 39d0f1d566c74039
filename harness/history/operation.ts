/** Pairing: from events to operations. */
import type { Event, History } from './event.ts';

/** An invocation and what became of it. Without a completion, `type` is `info`: nobody knows. */
export interface Operation {
  readonly invoke: Event;
  readonly completion: Event | undefined;
  readonly type: 'ok' | 'fail' | 'info';
}

/**
 * Pairs each client invocation with the next completion of its process, in invocation order; events of the nemesis are left out.
 * O(n) time and memory. Never throws: a completion without an invocation is left out (the reader reports it).
 */
export const pairOperations = (history: History): Operation[] => {
  const operations: Operation[] = [];
  const open = new Map<number, number>();
  for (const event of history) {
    if (typeof event.process !== 'number') continue;
    if (event.type === 'invoke') {
      open.set(event.process, operations.length);
      operations.push({ invoke: event, completion: undefined, type: 'info' });
      continue;
    }
    const at = open.get(event.process);
    if (at === undefined) continue;
    open.delete(event.process);
    operations[at] = { invoke: operations[at]!.invoke, completion: event, type: event.type };
  }
  return operations;
};

/**
 * The index by which verdicts name an operation: that of its `ok` or `fail` completion, where the answer stands, else that of its
 * invocation.
 */
export const operationIndex = (operation: Operation): number =>
  operation.completion === undefined || operation.type === 'info' ? operation.invoke.index : operation.completion.index;
