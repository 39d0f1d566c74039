/**
 * A history as columns: some 40 bytes an event, where an object takes 150. Readers fill them; whoever needs speed or has millions of events
 * reads them directly (`columnsOf`); everybody else sees an array of events (`historyOf`).
 */
import type { Json } from '../std/json.ts';
import type { Event, EventType, History, Key, ProcessId } from './event.ts';
import type { Place } from './malformed.ts';
import { absent, type Code, ValueTable } from './value-table.ts';

export const eventTypes: readonly EventType[] = ['invoke', 'ok', 'fail', 'info'];
/** Places in `eventTypes`. */
export const [invokeType, okType, failType, infoType] = [0, 1, 2, 3];

/** In the column of processes. */
export const nemesisProcess = -1;
const largestProcess = 2 ** 31 - 1;
/** In the column of mates. */
export const unpaired = -1;

/** Columns count from 1; one that does not fit stands in `#farPlaces`. */
const far = 0xffff;

export type PlacedMember = 'f' | 'value';

export class EventColumns {
  readonly table = new ValueTable();
  length = 0;
  type = new Uint8Array(1024);
  /** `nemesisProcess`, the number itself, or below -1 a place in `#largeProcesses`. */
  process = new Int32Array(1024);
  f = new Int32Array(1024);
  /** `absent` if there is none. */
  key = new Int32Array(1024);
  value = new Int32Array(1024);
  time = new Float64Array(1024);
  /** Of an invocation its completion, of a completion its invocation; `unpaired` if there is none, and for events of the nemesis. */
  mate = new Int32Array(1024);
  /** Members that the contract does not need, as one object; `absent` if there are none. Undefined until the first. */
  extras: Int32Array | undefined;
  line = new Int32Array(1024);
  #column = new Uint16Array(1024);
  #fColumn = new Uint16Array(1024);
  #valueColumn = new Uint16Array(1024);
  readonly #farPlaces = new Map<string, Place>();
  readonly #largeProcesses: number[] = [];

  /** Room for one more. */
  reserve(): void {
    if (this.length < this.type.length) return;
    const size = 2 * this.length;
    this.type = enlarged(this.type, new Uint8Array(size));
    this.process = enlarged(this.process, new Int32Array(size));
    this.f = enlarged(this.f, new Int32Array(size));
    this.key = enlarged(this.key, new Int32Array(size));
    this.value = enlarged(this.value, new Int32Array(size));
    this.time = enlarged(this.time, new Float64Array(size));
    this.mate = enlarged(this.mate, new Int32Array(size));
    this.line = enlarged(this.line, new Int32Array(size));
    this.#column = enlarged(this.#column, new Uint16Array(size));
    this.#fColumn = enlarged(this.#fColumn, new Uint16Array(size));
    this.#valueColumn = enlarged(this.#valueColumn, new Uint16Array(size));
    if (this.extras) this.extras = enlarged(this.extras, new Int32Array(size));
  }

  setProcess(index: number, process: number): void {
    this.process[index] = process <= largestProcess ? process : -1 - this.#largeProcesses.push(process);
  }

  setExtras(index: number, extras: Code): void {
    // A code is never 0 by accident: 0 is the integer 0, and extras are objects.
    this.extras ??= new Int32Array(this.type.length);
    this.extras[index] = extras === absent ? 0 : extras;
  }

  extrasOf(index: number): Code {
    return this.extras?.[index] || absent;
  }

  /** A member that the contract does not need; undefined if the event has none. */
  extraOf(index: number, name: string): Json | undefined {
    const extras = this.extras === undefined ? absent : this.extrasOf(index);
    if (extras === absent) return undefined;
    const { table } = this;
    const wanted = table.string(name);
    for (let item = table.sizeOf(extras) - 2; item >= 0; item -= 2)
      if (table.itemOf(extras, item) === wanted) return table.decode(table.itemOf(extras, item + 1));
    return undefined;
  }

  setPlace(index: number, member: PlacedMember | undefined, line: number, column: number): void {
    const columns = member === undefined ? this.#column : member === 'f' ? this.#fColumn : this.#valueColumn;
    if (member === undefined) this.line[index] = line;
    if (line === this.line[index] && column < far) columns[index] = column;
    else {
      columns[index] = far;
      this.#farPlaces.set(`${index} ${member}`, { line, column });
    }
  }

  placeOf(index: number, member?: PlacedMember): Place | undefined {
    if (!(index >= 0 && index < this.length)) return undefined;
    const column = (member === undefined ? this.#column : member === 'f' ? this.#fColumn : this.#valueColumn)[index]!;
    return column === far ? this.#farPlaces.get(`${index} ${member}`) : { line: this.line[index]!, column };
  }

  typeOf(index: number): EventType {
    return eventTypes[this.type[index]!]!;
  }

  processOf(index: number): ProcessId {
    const process = this.process[index]!;
    return process >= 0 ? process : process === nemesisProcess ? 'nemesis' : this.#largeProcesses[-2 - process]!;
  }

  fOf(index: number): string {
    return this.table.decode(this.f[index]!) as string;
  }

  keyOf(index: number): Key | undefined {
    const key = this.key[index]!;
    return key === absent ? undefined : (this.table.decode(key) as Key);
  }

  valueOf(index: number): Json {
    return this.table.decode(this.value[index]!);
  }

  /** Made anew at every call. */
  eventOf(index: number): Event {
    const [time, process, type, f] = [this.time[index]!, this.processOf(index), this.typeOf(index), this.fOf(index)];
    const [key, value, extras] = [this.keyOf(index), this.valueOf(index), this.extrasOf(index)];
    const event: Event = key === undefined ? { index, time, process, type, f, value } : { index, time, process, type, f, key, value };
    return extras === absent ? event : { ...event, ...(this.table.decode(extras) as object) };
  }
}

const enlarged = <Column extends Uint8Array | Uint16Array | Int32Array | Float64Array>(from: Column, to: Column): Column => {
  to.set(from);
  return to;
};

const known = new WeakMap<History, EventColumns>();

/** The columns behind a history that a reader made. */
export const columnsOf = (history: History): EventColumns | undefined => known.get(history);

/** Smaller histories are made of objects once and for all. */
const mostObjects = 200_000;

/** The events as an array: a real one, or for large histories one that makes an event whenever it is asked for it. */
export const historyOf = (columns: EventColumns, objects = mostObjects): History => {
  const history = columns.length <= objects ? Array.from({ length: columns.length }, (_, i) => columns.eventOf(i)) : arrayLike(columns);
  known.set(history, columns);
  return history;
};

/** Reads like a frozen array. Two readings of one event are equal, not identical. */
const arrayLike = (columns: EventColumns): History => {
  const { length } = columns;
  const at = (name: string | symbol): number => {
    if (typeof name !== 'string' || name.length > 10) return -1;
    const index = Number(name);
    return Number.isInteger(index) && index >= 0 && index < length && String(index) === name ? index : -1;
  };
  function* iterate(): Generator<Event, undefined> {
    for (let i = 0; i < length; i++) yield columns.eventOf(i);
    return undefined;
  }
  return new Proxy<Event[]>([], {
    get: (target, name) => {
      if (name === Symbol.iterator) return iterate;
      if (name === 'length') return length;
      const index = at(name);
      return index < 0 ? Reflect.get(target, name) : columns.eventOf(index);
    },
    has: (target, name) => at(name) >= 0 || Reflect.has(target, name),
    ownKeys: () => [...Array.from({ length }, (_, i) => String(i)), 'length'],
    getOwnPropertyDescriptor: (target, name) => {
      if (name === 'length') return { value: length, writable: true, enumerable: false, configurable: false };
      const index = at(name);
      return index < 0
        ? Reflect.getOwnPropertyDescriptor(target, name)
        : { value: columns.eventOf(index), writable: false, enumerable: true, configurable: true };
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  });
};
