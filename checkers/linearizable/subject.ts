/**
 * The checker's door: a history becomes one list of operations per key, each with its place among the events.
 * From here on time means the position of an event in the history: equal clock readings never matter.
 */
import type { Event, History, Key } from '../../harness/history/event.ts';
import { operationIndex } from '../../harness/history/operation.ts';
import type { Call, Client } from './model.ts';

/** No return: the operation may take effect at any later time, or never. */
export const never = 0x7fffffff;

/** One operation of one key. */
export interface Subject {
  readonly invoke: Event;
  readonly completion: Event | undefined;
  /** Position of the invocation among the history's events. */
  readonly called: number;
  /** Position of the `ok` or `fail`; `never` for an unknown outcome. */
  readonly returned: number;
  readonly client: Client;
}

/** Operations of one key in the order of their calls. */
export interface KeyHistory {
  readonly key: Key | undefined;
  readonly subjects: readonly Subject[];
  /** Operations that did not happen. They constrain nothing and are kept for explanations only. */
  readonly failed: readonly Subject[];
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
type Open = Mutable<Omit<Subject, 'client'>> & { readonly client: Mutable<Client> };

/** The operations of a history by key. O(n). A completion without an invocation is left out. */
export const splitByKey = (history: History): { readonly keys: readonly KeyHistory[]; readonly operations: number } => {
  const keys = new Map<Key | undefined, { key: Key | undefined; subjects: Open[]; failures: number }>();
  const open = new Map<number, Open>();
  let operations = 0;
  for (let position = 0; position < history.length; position++) {
    const event = history[position]!;
    if (typeof event.process !== 'number') continue;
    if (event.type === 'invoke') {
      const client = open.get(event.process)?.client ?? arrival(event.process, position);
      const subject = { invoke: event, completion: undefined, called: position, returned: never, client };
      open.set(event.process, subject);
      operations++;
      const group = keys.get(event.key);
      if (group === undefined) keys.set(event.key, { key: event.key, subjects: [subject], failures: 0 });
      else group.subjects.push(subject);
      continue;
    }
    const subject = open.get(event.process);
    if (subject === undefined || subject.completion !== undefined) continue;
    subject.completion = event;
    if (event.type === 'info') {
      subject.client.left = subject.called;
      continue;
    }
    subject.returned = position;
    if (event.type === 'fail') keys.get(subject.invoke.key)!.failures++;
  }
  for (const { completion, client, called } of open.values()) if (completion === undefined) client.left = called;
  const split = [...keys.values()].map(({ key, subjects, failures }) =>
    failures === 0
      ? { key, subjects, failed: [] }
      : { key, subjects: subjects.filter(subject => !hasFailed(subject)), failed: subjects.filter(hasFailed) },
  );
  return { keys: split, operations };
};

const arrival = (process: number, came: number): Mutable<Client> => ({ process, came, left: Number.POSITIVE_INFINITY });

const hasFailed = ({ completion }: Subject): boolean => completion?.type === 'fail';

/** The operation as a model sees it. */
export const callOf = ({ invoke, completion, client }: Subject): Call => {
  if (completion?.type !== 'ok') return { f: invoke.f, input: invoke.value, output: undefined, client };
  const call = { f: invoke.f, input: invoke.value, output: completion.value, client };
  return completion.applied === false ? { ...call, applied: false } : call;
};

/** The name of an operation in a verdict. */
export const indexOf = ({ invoke, completion }: Subject): number =>
  operationIndex({ invoke, completion, type: completion === undefined || completion.type === 'invoke' ? 'info' : completion.type });

/** The operations' names in a verdict, in history order. */
export const indicesOf = (subjects: readonly Subject[]): number[] => subjects.map(indexOf).sort((a, b) => a - b);
