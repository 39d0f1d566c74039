/** One event as a reader found it, before it is checked: one object for all of them, its values as codes. */
import type { Json } from '../std/json.ts';
import { absent, type Code, nullCode, type ValueTable } from './value-table.ts';

/** The members that have a place of their own, by the slots that parsers use. */
export const slots = { other: 0, index: 1, time: 2, process: 3, type: 4, f: 5, key: 6, value: 7, node: 8, error: 9 } as const;
export type Slot = (typeof slots)[keyof typeof slots];

export class RawEvent {
  /** NaN: there is none. */
  index = Number.NaN;
  time = Number.NaN;
  /** An index or a time that is no number. */
  oddIndex: Code = absent;
  oddTime: Code = absent;
  process: Code = absent;
  type: Code = absent;
  f: Code = absent;
  key: Code = absent;
  value: Code = absent;
  node: Code = absent;
  error: Code = absent;
  /** Where it begins, and where the values of `f` and `value` do; line 0: nowhere. */
  line = 0;
  column = 0;
  fLine = 0;
  fColumn = 0;
  valueLine = 0;
  valueColumn = 0;

  /** Makes it empty; whatever else it will hold goes on the table's stack, names and values in turn. */
  clear(): void {
    this.index = Number.NaN;
    this.time = Number.NaN;
    this.oddIndex = absent;
    this.oddTime = absent;
    this.process = absent;
    this.type = absent;
    this.f = absent;
    this.key = absent;
    this.value = absent;
    this.node = absent;
    this.error = absent;
    this.fLine = 0;
    this.valueLine = 0;
  }

  set(slot: Slot, code: Code, table: ValueTable): void {
    switch (slot) {
      case slots.index:
        this.#setIndex(code, table);
        break;
      case slots.time:
        this.#setTime(code, table);
        break;
      case slots.process:
        this.process = code;
        break;
      case slots.type:
        this.type = code;
        break;
      case slots.f:
        this.f = code;
        break;
      case slots.key:
        this.key = code;
        break;
      case slots.value:
        this.value = code;
        break;
      case slots.node:
        this.node = code;
        break;
      case slots.error:
        this.error = code;
        break;
      default:
        throw new RangeError('a member without a place');
    }
  }

  #setIndex(code: Code, table: ValueTable): void {
    const value = table.decode(code);
    this.index = typeof value === 'number' ? value : Number.NaN;
    this.oddIndex = typeof value === 'number' || code === nullCode ? absent : code;
  }

  #setTime(code: Code, table: ValueTable): void {
    const value = asNumber(table.decode(code));
    this.time = typeof value === 'number' ? value : Number.NaN;
    this.oddTime = typeof value === 'number' || code === nullCode ? absent : code;
  }
}

/** Nanoseconds since 1970 have more digits than JavaScript's integers; the order of the lines counts, so they may be rounded. */
const asNumber = (value: Json): Json => (typeof value === 'string' && /^-?\d{16,}$/.test(value) ? Number(value) : value);

export const slotOf = (name: string): Slot => (Object.hasOwn(slots, name) ? slots[name as keyof typeof slots] : slots.other);
