/** What every reader does with the events it finds, whatever their format: checks each against the contract and numbers them. */
import type { Json } from '../std/json.ts';
import type { Event, EventType, History } from './event.ts';
import { malformed, type Place, shown } from './malformed.ts';

/** A history as a reader found it. */
export interface ReadHistory {
  readonly history: History;
  /** What was tolerated, one sentence each. */
  readonly warnings: readonly string[];
  /** Where an event stands in the file, or one of its members; undefined for an event that is not there. */
  readonly placeOf: (index: number, member?: string) => Place | undefined;
}

/** Where an event stands, or one of its members; asked only if something is wrong with it. */
export type Locate = (member?: string) => Place;

export interface HistoryBuilder {
  /** Takes an event, which it may change. Throws a `malformed-history` error. `line` is where the event begins. */
  add(raw: Record<string, unknown>, line: number, locate: Locate): void;
  warn(warning: string): void;
  finish(placeOf: ReadHistory['placeOf']): ReadHistory;
}

const types: ReadonlySet<unknown> = new Set<EventType>(['invoke', 'ok', 'fail', 'info']);

/**
 * Errors: a member that is missing or of the wrong kind; a second open operation of a process; a completion without an invocation or of
 * another operation. Warnings: a process that comes back after `info` (its lost operation simply stays open), an index that is not the
 * position, times that go back: the order of the lines counts.
 */
export const createHistoryBuilder = (file: string): HistoryBuilder => {
  const history: Event[] = [];
  const warnings: string[] = [];
  const open = new Map<number, { event: Event; line: number }>();
  const lost = new Set<number>();
  const clock = createClock(file, warnings);
  let indexWarned = false;
  let reuseWarned = false;

  const pair = (event: Event, line: number, locate: Locate): void => {
    const process = event.process as number;
    const invoked = open.get(process);
    if (event.type === 'invoke') {
      if (invoked !== undefined)
        throw malformed(
          file,
          locate('process'),
          `a completion of the operation that process ${process} began on line ${invoked.line}`,
          'another invoke',
        );
      if (lost.has(process) && !reuseWarned) {
        reuseWarned = true;
        warnings.push(`${file}:${line}: process ${process} comes back after info; its lost operation is taken to be open for ever`);
      }
      open.set(process, { event, line });
      return;
    }
    if (invoked === undefined) throw malformed(file, locate('type'), `an invoke of process ${process} first`, shown(event.type));
    if (invoked.event.f !== event.f)
      throw malformed(
        file,
        locate('f'),
        `${shown(invoked.event.f)}, which process ${process} invoked on line ${invoked.line}`,
        shown(event.f),
      );
    const key = (event as { key?: unknown }).key;
    if (key !== undefined && key !== invoked.event.key)
      throw malformed(file, locate('key'), `key ${shown(invoked.event.key)}, as invoked on line ${invoked.line}`, shown(key));
    open.delete(process);
    if (event.type === 'info') lost.add(process);
  };

  return {
    add(raw, line, locate) {
      checkMembers(file, raw, locate);
      const index = history.length;
      if (raw.index !== undefined && raw.index !== index && !indexWarned) {
        indexWarned = true;
        warnings.push(`${file}:${line}: index ${shown(raw.index)} is not the position ${index}; operations are named by their position`);
      }
      const event = completed(raw, index, clock(raw.time, line, locate));
      if (typeof event.process === 'number') pair(event, line, locate);
      history.push(event);
    },
    warn: warning => void warnings.push(warning),
    finish: placeOf => ({ history, warnings, placeOf }),
  };
};

/** In place, because a history may have millions of events. */
const completed = (raw: Record<string, unknown>, index: number, time: number): Event => {
  raw.index = index;
  raw.time = time;
  if (raw.value === undefined) raw.value = null;
  if (raw.key === null) delete raw.key;
  if (raw.node === null) delete raw.node;
  if (raw.error !== undefined) tidyError(raw);
  return raw as unknown as Event;
};

/** Systems say errors in many ways; the contract knows two. */
const tidyError = (raw: Record<string, unknown>): void => {
  const error = raw.error as Json;
  if (error === null) delete raw.error;
  else if (typeof error === 'string') return;
  else if (typeof error === 'object' && 'name' in error && 'message' in error)
    raw.error = { ...error, name: String(error.name), message: String(error.message) };
  else if (Array.isArray(error) && typeof error[0] === 'string') raw.error = { name: error[0], message: JSON.stringify(error.slice(1)) };
  else raw.error = JSON.stringify(error);
};

const checkMembers = (file: string, raw: Record<string, unknown>, locate: Locate): void => {
  const { process, type, f, key, node, index } = raw;
  const refuse = (member: string, expected: string): never => {
    const missing = raw[member] === undefined;
    throw malformed(file, locate(missing ? undefined : member), expected, missing ? `no "${member}"` : shown(raw[member]));
  };
  if (process !== 'nemesis' && !(Number.isSafeInteger(process) && (process as number) >= 0))
    refuse('process', 'a process: an integer of 0 or more, or "nemesis"');
  if (!types.has(type)) refuse('type', 'a type: "invoke", "ok", "fail" or "info"');
  if (typeof f !== 'string' || f === '') refuse('f', 'the name of an operation as "f"');
  if (key != null && typeof key !== 'string' && typeof key !== 'number') refuse('key', 'a key: a string or a number');
  if (node != null && typeof node !== 'string') refuse('node', 'the name of a node');
  if (index != null && !(Number.isSafeInteger(index) && (index as number) >= 0)) refuse('index', 'an index: an integer of 0 or more');
};

/** Answers each event's time: its own, that of the event before if it has none, the line numbers if the first has none. */
const createClock = (file: string, warnings: string[]) => {
  let timed: boolean | undefined;
  let last = 0;
  let warned = false;
  return (time: unknown, line: number, locate: Locate): number => {
    timed ??= time != null;
    if (!timed) return line;
    if (time == null) return last;
    if (typeof time !== 'number' || !Number.isFinite(time))
      throw malformed(file, locate('time'), 'a time: integer nanoseconds', shown(time));
    if (time < last && !warned) {
      warned = true;
      warnings.push(`${file}:${line}: time goes back from ${last} to ${time} ns; the order of the lines counts`);
    }
    last = time;
    return time;
  };
};
