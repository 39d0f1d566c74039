/** Contradictions in words. */
import type { Event, Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { sameValue, show } from '../models/values.ts';
import type { Impossible, ReadWriteHistory } from './door.ts';
import type { Finding, Step } from './finding.ts';
import { fromStart } from './trace.ts';

/** `process 1 on n2 wrote x = 5 (0.012-0.014 s)`. */
export const told = (operation: Operation): string => {
  const { invoke, completion } = operation;
  const node = completion?.node ?? invoke.node;
  const who = node === undefined ? `process ${invoke.process}` : `process ${invoke.process} on ${node}`;
  return `${who} ${deed(operation)} (${span(operation)})`;
};

const deed = ({ invoke, completion, type }: Operation): string => {
  const { f, key, value } = invoke;
  const object = key === undefined ? '' : ` ${key}`;
  const equals = key === undefined ? ' ' : ` ${key} = `;
  if (f === 'read' || f === 'get') return type === 'ok' ? `read${equals}${show(completion!.value)}` : `asked for${object}`;
  const tried = type === 'info' ? ' with an unknown outcome' : '';
  if (f === 'write' || f === 'put') return `wrote${equals}${show(value)}${tried}`;
  if (f === 'cas' && Array.isArray(value)) return `changed${object} from ${show(value[0])} to ${show(value[1])}${tried}`;
  return `did ${f}${object} ${show(type === 'ok' ? completion!.value : value)}${tried}`;
};

const span = ({ invoke, completion, type }: Operation): string => {
  if (completion === undefined || type === 'info') return `${moment(invoke)}, outcome unknown`;
  return clockless(completion) ? `lines ${invoke.time}-${completion.time}` : `${seconds(invoke.time)}-${moment(completion)}`;
};

export const moment = (event: Event): string => (clockless(event) ? `line ${event.time}` : `${seconds(event.time)} s`);

/** A history without times has line numbers for them, which no clock could pass for: an event every few nanoseconds. */
export const clockless = ({ time, index }: Event): boolean => time <= 10 * (index + 1);

const seconds = (nanoseconds: number): string => (nanoseconds / 1e9).toFixed(nanoseconds < 1e9 ? 6 : 3);

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`;

const named = (key: Key | undefined): string => (key === undefined ? 'the register' : `${key}`);

/** How the step goes on from the operation before it. */
const onward = (history: ReadWriteHistory, { to, why, reader, object }: Step): string => {
  const next = told(history.operations[to]!);
  const what = object === undefined ? 'it' : named(history.objects[object]);
  if (why === 'session') return `then, in the same session, ${next}`;
  if (why === 'read') return `which was seen when ${next}`;
  if (why === 'overwritten')
    return `which must come before ${next}, because ${told(history.operations[reader!]!)} comes after the former and yet found ${what} as the latter left it`;
  return `which must come before ${next}, for that overwrites what was found in ${what}`;
};

const chain = (history: ReadWriteHistory, steps: readonly Step[]): string =>
  steps
    .map((step, at) => {
      const follows = at > 0 && steps[at - 1]!.to === step.from;
      return `${follows ? ', ' : `${at > 0 ? '; ' : ''}${told(history.operations[step.from]!)}, `}${onward(history, step)}`;
    })
    .join('');

/** The finding's explanation; numbers are the history's. */
export const explained = (history: ReadWriteHistory, finding: Finding): string => {
  const { steps, read } = finding;
  if (read === undefined) {
    if (steps.length === 0) return unordered(history, finding.operations);
    return `A circle, in which each comes before itself: ${chain(history, steps)}.`;
  }
  const reader = told(history.operations[read.operation]!);
  const object = named(history.objects[read.object]);
  if (finding.type === 'ThinAirRead') return explainThinAir(history, read.operation, read.object);
  if (read.from === fromStart)
    return `${sentence(reader)}, where ${object} has its initial value; but a write of it comes before: ${chain(history, steps)}.`;
  const source = told(history.operations[read.from]!);
  return `${sentence(reader)}, where ${object} is as this left it: ${source}; but a newer write comes between: ${chain(history, steps)}.`;
};

export const explainThinAir = (history: ReadWriteHistory, operation: number, object: number): string => {
  const { reads, versions, objects, operations, failed } = history;
  const slots = Array.from({ length: reads.start[operation + 1]! - reads.start[operation]! }, (_, i) => reads.start[operation]! + i);
  const version = slots.map(slot => versions[reads.item[slot]!]!).find(one => one.object === object)!;
  const key = objects[object];
  const guilty = failed.find(
    ({ invoke }) =>
      (invoke.key === key && sameValue(Array.isArray(invoke.value) ? invoke.value.at(-1)! : invoke.value, version.value)) ||
      (invoke.key === undefined &&
        typeof invoke.value === 'object' &&
        invoke.value !== null &&
        key !== undefined &&
        sameValue((invoke.value as never)[key] ?? null, version.value)),
  );
  const said = sentence(told(operations[operation]!));
  const value = `${show(version.value)}${key === undefined ? '' : ` to ${key}`}`;
  return guilty === undefined
    ? `${said}, but nothing ever wrote ${value}.`
    : `${said}, but the only operation that would have written ${value} failed: process ${guilty.invoke.process}, ${guilty.invoke.f} ${show(guilty.invoke.value)} (${moment(guilty.invoke)}).`;
};

const mostTold = 12;

/** Where no circle says it: all of them, and that no order explains them. */
export const unordered = (history: ReadWriteHistory, operations: readonly number[]): string => {
  const list = operations.slice(0, mostTold).map(i => told(history.operations[i]!));
  const more = operations.length > list.length ? `; and ${operations.length - list.length} more` : '';
  return `No order that the model allows explains every answer of these ${operations.length} operations: ${list.join('; ')}${more}.`;
};

export const explainImpossible = ({ type, object, found, expected }: Impossible): string =>
  type === 'internal'
    ? `The operation found ${object} = ${show(found)} although it had itself just found or left it at ${show(expected)}.`
    : `A read found ${object} = ${show(found)}, which its writer had already overwritten within the same operation: nobody may see that.`;
