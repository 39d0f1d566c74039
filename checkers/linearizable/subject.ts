/**
 * The checker's door: a history becomes one list of operations per key, each with its place among the events.
 * From here on time means the position of an event in the history: equal clock readings never matter.
 */
import type { Event, History, Key } from '../../harness/history/event.ts';
import {
  columnsOf,
  type EventColumns,
  failType,
  infoType,
  invokeType,
  nemesisProcess,
  okType,
  unpaired,
} from '../../harness/history/event-columns.ts';
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

interface Split {
  readonly keys: readonly KeyHistory[];
  readonly operations: number;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
type Open = Mutable<Omit<Subject, 'client'>> & { readonly client: Mutable<Client> };

/** The operations of a history by key. O(n). A completion without an invocation is left out. */
export const splitByKey = (history: History): Split => {
  const columns = columnsOf(history);
  return columns === undefined ? splitEvents(history) : splitColumns(columns);
};

const splitEvents = (history: History): Split => {
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

/** The same from columns, where events are already paired: makes no events. */
const splitColumns = (columns: EventColumns): Split => {
  const { length, process, type, key, mate } = columns;
  const keys = new Map<number, { at: number; subjects: ColumnSubject[]; failures: number }>();
  const clients = new Map<number, Mutable<Client>>();
  let group: { at: number; subjects: ColumnSubject[]; failures: number } | undefined;
  let operations = 0;
  for (let at = 0; at < length; at++) {
    if (type[at] !== invokeType || process[at] === nemesisProcess) continue;
    operations++;
    const client = clients.get(process[at]!) ?? arrival(columns.processOf(at) as number, at);
    if (client.came === at) clients.set(process[at]!, client);
    const completed = mate[at]!;
    const outcome = completed === unpaired ? infoType : type[completed]!;
    if (outcome === infoType) client.left = at;
    if (group === undefined || key[group.at] !== key[at]) {
      group = keys.get(key[at]!) ?? { at, subjects: [], failures: 0 };
      keys.set(key[at]!, group);
    }
    if (outcome === failType) group.failures++;
    group.subjects.push(new ColumnSubject(columns, at, completed, outcome === infoType ? never : completed, client));
  }
  const split = [...keys.values()].map(({ at, subjects, failures }) =>
    failures === 0
      ? { key: columns.keyOf(at), subjects, failed: [] }
      : {
          key: columns.keyOf(at),
          subjects: subjects.filter(subject => !subject.hasFailed),
          failed: subjects.filter(subject => subject.hasFailed),
        },
  );
  return { keys: split, operations };
};

/** Makes its events only when somebody asks for them: millions of operations are judged without. */
class ColumnSubject implements Subject {
  readonly #columns: EventColumns;
  readonly #completed: number;
  readonly called: number;
  readonly returned: number;
  readonly client: Client;

  constructor(columns: EventColumns, called: number, completed: number, returned: number, client: Client) {
    this.#columns = columns;
    this.#completed = completed;
    this.called = called;
    this.returned = returned;
    this.client = client;
  }

  get invoke(): Event {
    return this.#columns.eventOf(this.called);
  }

  get completion(): Event | undefined {
    return this.#completed === unpaired ? undefined : this.#columns.eventOf(this.#completed);
  }

  get hasFailed(): boolean {
    return this.returned !== never && this.#columns.type[this.#completed] === failType;
  }

  get call(): Call {
    const columns = this.#columns;
    const { called, client } = this;
    const [f, input] = [columns.fOf(called), columns.valueOf(called)];
    if (this.returned === never || columns.type[this.#completed] !== okType) return { f, input, output: undefined, client };
    const call = { f, input, output: columns.valueOf(this.#completed), client };
    return columns.extraOf(this.#completed, 'applied') === false ? { ...call, applied: false } : call;
  }
}

const arrival = (process: number, came: number): Mutable<Client> => ({ process, came, left: Number.POSITIVE_INFINITY });

const hasFailed = ({ completion }: Subject): boolean => completion?.type === 'fail';

/** The operation as a model sees it. */
export const callOf = (subject: Subject): Call => {
  if (subject instanceof ColumnSubject) return subject.call;
  const { invoke, completion, client } = subject;
  if (completion?.type !== 'ok') return { f: invoke.f, input: invoke.value, output: undefined, client };
  const call = { f: invoke.f, input: invoke.value, output: completion.value, client };
  return completion.applied === false ? { ...call, applied: false } : call;
};

/** The name of an operation in a verdict. */
export const indexOf = ({ invoke, completion }: Subject): number =>
  operationIndex({ invoke, completion, type: completion === undefined || completion.type === 'invoke' ? 'info' : completion.type });

/** The operations' names in a verdict, in history order, each once. */
export const indicesOf = (subjects: readonly Subject[]): number[] => [...new Set(subjects.map(indexOf))].sort((a, b) => a - b);
