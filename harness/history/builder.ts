/** What every reader does with the events it finds, whatever their format: checks each against the contract and numbers them. */
import type { Json } from '../std/json.ts';
import type { History } from './event.ts';
import { EventColumns, eventTypes, historyOf, infoType, invokeType, nemesisProcess, type PlacedMember, unpaired } from './event-columns.ts';
import { malformed, type Place, shown } from './malformed.ts';
import { RawEvent } from './raw-event.ts';
import { absent, type Code, isEmptyString, isInline, isNumber, isString, nullCode, type ValueTable } from './value-table.ts';

/** A history as a reader found it. */
export interface ReadHistory {
  readonly history: History;
  /** What was tolerated, one sentence each. */
  readonly warnings: readonly string[];
  /** Where an event stands in the file, or one of these members; undefined for an event that is not there. */
  readonly placeOf: (index: number, member?: PlacedMember) => Place | undefined;
}

/** Where an event stands, or one of its members; asked only if something is wrong with it. */
export type Locate = (member?: string) => Place;

export interface HistoryBuilder {
  readonly columns: EventColumns;
  /** What a reader fills before it calls `add`; members that have no place of their own lie on the table's stack. */
  readonly raw: RawEvent;
  /** Takes the raw event and clears it. Throws a `malformed-history` error. */
  add(locate: Locate): void;
  warn(warning: string): void;
  finish(): ReadHistory;
}

/**
 * Errors: a member that is missing or of the wrong kind; a second open operation of a process; a completion without an invocation or of
 * another operation. Warnings: a process that comes back after `info` (its lost operation simply stays open), an index that is not the
 * position, times that go back: the order of the lines counts.
 */
export const createHistoryBuilder = (file: string): HistoryBuilder => {
  const columns = new EventColumns();
  const { table } = columns;
  const raw = new RawEvent();
  const warnings: string[] = [];
  const types = eventTypes.map(type => table.string(type));
  const nemesis = table.string('nemesis');
  const membersOf = createMembers(table);
  const checkMembers = createChecks(file, raw, table, types, nemesis);
  const clock = createClock(file, raw, table, warnings);
  const pair = createPairing(file, columns, warnings);
  let indexWarned = false;

  const warnOfIndex = (index: number): void => {
    indexWarned = true;
    warnings.push(`${file}:${raw.line}: index ${raw.index} is not the position ${index}; operations are named by their position`);
  };

  return {
    columns,
    raw,
    add(locate) {
      checkMembers(locate);
      const index = columns.length;
      if (raw.index !== index && !indexWarned && !Number.isNaN(raw.index)) warnOfIndex(index);
      columns.reserve();
      columns.type[index] = types.indexOf(raw.type);
      columns.f[index] = raw.f;
      columns.key[index] = raw.key === nullCode ? absent : raw.key;
      columns.value[index] = raw.value === absent ? nullCode : raw.value;
      columns.time[index] = clock(locate);
      columns.setPlace(index, undefined, raw.line, raw.column);
      if (raw.fLine === 0) columns.setPlace(index, 'f', raw.line, raw.column);
      else columns.setPlace(index, 'f', raw.fLine, raw.fColumn);
      if (raw.valueLine === 0) columns.setPlace(index, 'value', raw.line, raw.column);
      else columns.setPlace(index, 'value', raw.valueLine, raw.valueColumn);
      if (raw.process === nemesis) {
        columns.process[index] = nemesisProcess;
        columns.mate[index] = unpaired;
      } else {
        columns.setProcess(index, isInline(raw.process) ? raw.process >> 2 : (table.decode(raw.process) as number));
        pair(index, locate);
      }
      if (raw.node !== absent || raw.error !== absent || table.depth > 0 || columns.extras !== undefined)
        columns.setExtras(index, membersOf(raw.node, raw.error));
      columns.length = index + 1;
      raw.clear();
    },
    warn: warning => void warnings.push(warning),
    finish: () => ({ history: historyOf(columns), warnings, placeOf: (index, member) => columns.placeOf(index, member) }),
  };
};

/** The members that the contract does not need, as one object: the stack's, the node and the error. */
const createMembers = (table: ValueTable): ((node: Code, error: Code) => Code) => {
  const [nodeName, errorName, nameName, messageName] = ['node', 'error', 'name', 'message'].map(name => table.string(name)) as [
    Code,
    Code,
    Code,
    Code,
  ];
  /** Systems say errors in many ways; the contract knows two. */
  const tidyError = (error: Code): Code => {
    if (error === absent || isString(error)) return error;
    if (error === nullCode) return absent;
    const isFailure =
      table.isObject(error) &&
      table.sizeOf(error) === 4 &&
      table.itemOf(error, 0) === nameName &&
      table.itemOf(error, 2) === messageName &&
      isString(table.itemOf(error, 1)) &&
      isString(table.itemOf(error, 3));
    return isFailure ? error : table.encode(tidied(table.decode(error)));
  };
  return (node, error) => {
    if (node !== absent && node !== nullCode) {
      table.push(nodeName);
      table.push(node);
    }
    const tidy = tidyError(error);
    if (tidy !== absent) {
      table.push(errorName);
      table.push(tidy);
    }
    return table.depth === 0 ? absent : table.seal(0, true);
  };
};

const tidied = (error: Json): Json => {
  if (typeof error === 'object' && error !== null && 'name' in error && 'message' in error)
    return { ...error, name: String(error.name), message: String(error.message) };
  if (Array.isArray(error) && typeof error[0] === 'string') return { name: error[0], message: JSON.stringify(error.slice(1)) };
  return JSON.stringify(error);
};

const createChecks = (file: string, raw: RawEvent, table: ValueTable, types: readonly Code[], nemesis: Code) => {
  const [invoke, ok, fail, info] = types;
  const refuse = (locate: Locate, member: string, code: Code, expected: string): never => {
    const isMissing = code === absent;
    throw malformed(file, locate(isMissing ? undefined : member), expected, isMissing ? `no "${member}"` : shown(table.decode(code)));
  };
  const isProcess = (code: Code): boolean => {
    if (isInline(code)) return code >= 0;
    return code === nemesis || (isNumber(code) && Number.isSafeInteger(table.decode(code)) && (table.decode(code) as number) >= 0);
  };
  return (locate: Locate): void => {
    const { process, type, f, key, node, index, oddIndex } = raw;
    if (!isProcess(process)) refuse(locate, 'process', process, 'a process: an integer of 0 or more, or "nemesis"');
    if (type !== invoke && type !== ok && type !== fail && type !== info)
      refuse(locate, 'type', type, 'a type: "invoke", "ok", "fail" or "info"');
    if (!isString(f) || isEmptyString(f)) refuse(locate, 'f', f, 'the name of an operation as "f"');
    if (key !== absent && key !== nullCode && !isString(key) && !isNumber(key)) refuse(locate, 'key', key, 'a key: a string or a number');
    if (node !== absent && node !== nullCode && !isString(node)) refuse(locate, 'node', node, 'the name of a node');
    if (oddIndex !== absent) refuse(locate, 'index', oddIndex, 'an index: an integer of 0 or more');
    if (!Number.isNaN(index) && !(Number.isSafeInteger(index) && index >= 0))
      refuse(locate, 'index', table.number(index), 'an index: an integer of 0 or more');
  };
};

/** Answers each event's time: its own, that of the event before if it has none, the line numbers if the first has none. */
const createClock = (file: string, raw: RawEvent, table: ValueTable, warnings: string[]) => {
  let timed: boolean | undefined;
  let last = 0;
  let warned = false;
  return (locate: Locate): number => {
    const { time, oddTime, line } = raw;
    const isThere = !Number.isNaN(time) || oddTime !== absent;
    timed ??= isThere;
    if (!timed) return line;
    if (!isThere) return last;
    if (oddTime !== absent) throw malformed(file, locate('time'), 'a time: integer nanoseconds', shown(table.decode(oddTime)));
    if (!Number.isFinite(time)) throw malformed(file, locate('time'), 'a time: integer nanoseconds', String(time));
    if (time < last && !warned) {
      warned = true;
      warnings.push(`${file}:${line}: time goes back from ${last} to ${time} ns; the order of the lines counts`);
    }
    last = time;
    return time;
  };
};

/** Processes up to here are looked up in an array. */
const mostDense = 2 ** 22;
const idle = -1;
/** Its last operation has an unknown outcome. */
const lost = -2;

/** Pairs the event at an index with the one that its process invoked. */
const createPairing = (file: string, columns: EventColumns, warnings: string[]) => {
  let dense = new Int32Array(64).fill(idle);
  const sparse = new Map<number, number>();
  let reuseWarned = false;

  const latest = (process: number): number =>
    process >= 0 && process < mostDense ? (dense[process] ?? idle) : (sparse.get(process) ?? idle);
  const note = (process: number, index: number): void => {
    if (process < 0 || process >= mostDense) return void sparse.set(process, index);
    if (process >= dense.length) {
      const larger = new Int32Array(Math.max(process + 1, 2 * dense.length)).fill(idle);
      larger.set(dense);
      dense = larger;
    }
    dense[process] = index;
  };
  const nameOf = (code: Code): Json | undefined => (code === absent ? undefined : columns.table.decode(code));

  const refuseSecond = (process: number, invoked: number, locate: Locate): never => {
    const from = `that process ${process} began on line ${columns.line[invoked]}`;
    throw malformed(file, locate('process'), `a completion of the operation ${from}`, 'another invoke');
  };
  const refuseOther = (process: number, index: number, invoked: number, locate: Locate): void => {
    const line = columns.line[invoked]!;
    if (columns.f[index] !== columns.f[invoked])
      throw malformed(
        file,
        locate('f'),
        `${shown(columns.fOf(invoked))}, which process ${process} invoked on line ${line}`,
        shown(columns.fOf(index)),
      );
    const key = columns.key[index]!;
    if (key !== absent && key !== columns.key[invoked])
      throw malformed(file, locate('key'), `key ${shown(nameOf(columns.key[invoked]!))}, as invoked on line ${line}`, shown(nameOf(key)));
  };

  return (index: number, locate: Locate): void => {
    const process = columns.processOf(index) as number;
    const invoked = latest(process);
    const type = columns.type[index]!;
    if (type === invokeType) {
      if (invoked >= 0) refuseSecond(process, invoked, locate);
      if (invoked === lost && !reuseWarned) {
        reuseWarned = true;
        warnings.push(
          `${file}:${columns.line[index]}: process ${process} comes back after info; its lost operation is taken to be open for ever`,
        );
      }
      columns.mate[index] = unpaired;
      note(process, index);
      return;
    }
    if (invoked < 0) throw malformed(file, locate('type'), `an invoke of process ${process} first`, shown(columns.typeOf(index)));
    refuseOther(process, index, invoked, locate);
    columns.mate[index] = invoked;
    columns.mate[invoked] = index;
    note(process, type === infoType ? lost : idle);
  };
};
