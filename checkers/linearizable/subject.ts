/**
 * The checker's door: a history becomes one list of operations per key, each with its place among the events.
 * From here on time means the position of an event in the history: equal clock readings never matter.
 */
import type { Event, History, Key } from '../../harness/history/event.ts';
import { type Operation, operationIndex } from '../../harness/history/operation.ts';
import type { Call } from './model.ts';

/** No return: the operation may take effect at any later time, or never. */
export const never = 0x7fffffff;

/** One operation of one key. */
export interface Subject {
  readonly operation: Operation;
  readonly call: Call;
  /** Position of the invocation among the history's events. */
  readonly called: number;
  /** Position of the `ok`; `never` for an unknown outcome. */
  readonly returned: number;
}

/** Operations of one key in the order of their calls. */
export interface KeyHistory {
  readonly key: Key | undefined;
  readonly subjects: readonly Subject[];
  /** Operations that did not happen. They constrain nothing and are kept for explanations only. */
  readonly failed: readonly Subject[];
}

/** The operations of a history by key. O(n). A completion without an invocation is left out. */
export const splitByKey = (history: History): { readonly keys: readonly KeyHistory[]; readonly operations: number } => {
  const keys = new Map<Key | undefined, { key: Key | undefined; subjects: Subject[]; failed: Subject[] }>();
  const open = new Map<number, number>();
  const started: Event[] = [];
  const completed: (Event | undefined)[] = [];
  const calledAt: number[] = [];
  const returnedAt: number[] = [];
  for (let position = 0; position < history.length; position++) {
    const event = history[position]!;
    if (typeof event.process !== 'number') continue;
    if (event.type === 'invoke') {
      open.set(event.process, started.length);
      started.push(event);
      completed.push(undefined);
      calledAt.push(position);
      returnedAt.push(never);
      continue;
    }
    const at = open.get(event.process);
    if (at === undefined) continue;
    open.delete(event.process);
    completed[at] = event;
    returnedAt[at] = position;
  }
  for (let i = 0; i < started.length; i++) {
    const invoke = started[i]!;
    const completion = completed[i];
    const type = completion === undefined || completion.type === 'invoke' ? 'info' : completion.type;
    let group = keys.get(invoke.key);
    if (group === undefined) {
      group = { key: invoke.key, subjects: [], failed: [] };
      keys.set(invoke.key, group);
    }
    (type === 'fail' ? group.failed : group.subjects).push({
      operation: { invoke, completion, type },
      call: callOf(invoke, type === 'ok' ? completion : undefined),
      called: calledAt[i]!,
      returned: type === 'info' ? never : returnedAt[i]!,
    });
  }
  return { keys: [...keys.values()], operations: started.length };
};

const callOf = (invoke: Event, ok: Event | undefined): Call => {
  if (ok === undefined) return { f: invoke.f, input: invoke.value, output: undefined };
  const call = { f: invoke.f, input: invoke.value, output: ok.value };
  return ok.applied === false ? { ...call, applied: false } : call;
};

/** The operations' names in a verdict, in history order. */
export const indicesOf = (subjects: readonly Subject[]): number[] =>
  subjects.map(subject => operationIndex(subject.operation)).sort((a, b) => a - b);
