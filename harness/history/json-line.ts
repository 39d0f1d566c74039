/**
 * Reads one line of JSON straight from the bytes into a raw event: several times as fast as JSON.parse, in whatever order the members come.
 * Whatever is wrong or the least unusual is left to JSON.parse, so this may be strict and never has to explain itself.
 */
import { isUtf8 } from 'node:buffer';
import { isRoundedInteger } from '../std/json.ts';
import { type RawEvent, type Slot, slotOf, slots } from './raw-event.ts';
import { type Code, nullCode, type ValueTable } from './value-table.ts';

const [quote, backslash, comma, colon, openBracket, closeBracket, openBrace, closeBrace] = [0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d];
const [space, tab, carriageReturn, zero, minus, dot, letterE, letterF, letterN, letterT] = [
  0x20, 0x09, 0x0d, 0x30, 0x2d, 0x2e, 0x65, 0x66, 0x6e, 0x74,
];
/** Integers of so many digits are exact. */
const exactDigits = 15;
/** Deeper values go to JSON.parse. */
const deepest = 100;

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const [trueWord, falseWord, nullWord] = [bytesOf('true'), bytesOf('false'), bytesOf('null')];
const knownNames: readonly (readonly [Uint8Array, Slot])[] = Object.keys(slots)
  .filter(name => name !== 'other')
  .map(name => [bytesOf(`${name}"`), slotOf(name)]);
/** Candidates by the first two letters of the name, which tell all known ones apart: 1 + their place. */
const candidates = new Uint8Array(65_536);
for (const [at, [name]] of knownNames.entries()) candidates[name[0]! * 256 + name[1]!] = 1 + at;

/** JSON text between two offsets, as a code. Undefined stands for "not for me". */
export interface JsonLineParser {
  /** Whether the line is an ordinary event; fills `raw` and pushes its other members on the table's stack. Else both hold rubbish. */
  parse(bytes: Buffer, start: number, end: number): boolean;
}

export const createJsonLineParser = (raw: RawEvent, table: ValueTable): JsonLineParser => new Parser(raw, table);

class Parser implements JsonLineParser {
  readonly #raw: RawEvent;
  readonly #table: ValueTable;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #isUsual = true;
  #isAscii = true;
  #level = 0;

  constructor(raw: RawEvent, table: ValueTable) {
    this.#raw = raw;
    this.#table = table;
  }

  parse(bytes: Buffer, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#isUsual = true;
    this.#isAscii = true;
    this.#level = 0;
    this.#skip();
    this.#raw.column = 1 + this.#at - start;
    if (bytes[this.#at] !== openBrace) return false;
    this.#at++;
    do this.#member(start);
    while (this.#isUsual && this.#accept(comma));
    if (!this.#isUsual || !this.#accept(closeBrace)) return false;
    this.#skip();
    return this.#at === end;
  }

  /** `"name": value`, from any space before it to any space after it. */
  #member(start: number): void {
    if (!this.#accept(quote)) return void this.#no();
    const bytes = this.#bytes;
    const at = this.#at;
    const known = candidates[bytes[at]! * 256 + bytes[at + 1]!] ?? 0;
    const slot = known > 0 && this.#comesNext(knownNames[known - 1]![0]) ? knownNames[known - 1]![1] : slots.other;
    const name = slot === slots.other ? this.#string() : nullCode;
    if (!this.#accept(colon)) return void this.#no();
    this.#skip();
    if (slot === slots.other) {
      const code = this.#inexact();
      this.#table.push(name);
      this.#table.push(code);
      return;
    }
    const raw = this.#raw;
    if (slot === slots.time || slot === slots.index) {
      const byte = bytes[this.#at]!;
      if ((byte >= zero && byte <= zero + 9) || byte === minus) {
        const number = this.#plainNumber();
        if (slot === slots.time) raw.time = number;
        else raw.index = number;
        return;
      }
    }
    if (slot === slots.f) {
      raw.fLine = raw.line;
      raw.fColumn = this.#column(start);
    } else if (slot === slots.value) {
      raw.valueLine = raw.line;
      raw.valueColumn = this.#column(start);
    }
    const code = slot === slots.value || slot === slots.key ? this.#value() : this.#inexact();
    if (slot === slots.value) raw.value = code;
    else if (slot === slots.process) raw.process = code;
    else if (slot === slots.type) raw.type = code;
    else if (slot === slots.f) raw.f = code;
    else raw.set(slot, code, this.#table);
  }

  /** Numbers are rounded here as JSON.parse rounds them: only keys and values must stay apart. */
  #inexact(): Code {
    const byte = this.#bytes[this.#at]!;
    if ((byte >= zero && byte <= zero + 9) || byte === minus) return this.#table.number(this.#plainNumber());
    return this.#value();
  }

  /** UTF-16 units from the line's start, from 1. */
  #column(start: number): number {
    return 1 + (this.#isAscii ? this.#at - start : this.#bytes.toString('utf8', start, this.#at).length);
  }

  #value(): Code {
    const byte = this.#bytes[this.#at]!;
    if (byte === quote) {
      this.#at++;
      return this.#string();
    }
    if (byte >= zero && byte <= zero + 9) return this.#number();
    if (byte === minus) return this.#number();
    if (byte === letterN) return this.#word(nullWord, nullCode);
    if (byte === openBracket) return this.#list();
    if (byte === openBrace) return this.#object();
    if (byte === letterT) return this.#word(trueWord, this.#table.boolean(true));
    if (byte === letterF) return this.#word(falseWord, this.#table.boolean(false));
    return this.#no();
  }

  #list(): Code {
    const from = this.#table.depth;
    this.#at++;
    if (++this.#level > deepest) return this.#no();
    if (!this.#accept(closeBracket)) {
      do {
        this.#skip();
        this.#table.push(this.#value());
      } while (this.#isUsual && this.#accept(comma));
      if (!this.#accept(closeBracket)) return this.#no();
    }
    this.#level--;
    return this.#isUsual ? this.#table.seal(from, false) : nullCode;
  }

  #object(): Code {
    const from = this.#table.depth;
    this.#at++;
    if (++this.#level > deepest) return this.#no();
    if (!this.#accept(closeBrace)) {
      do {
        if (!this.#accept(quote)) return this.#no();
        const name = this.#string();
        if (!this.#accept(colon)) return this.#no();
        this.#skip();
        const value = this.#value();
        this.#table.push(name);
        this.#table.push(value);
      } while (this.#isUsual && this.#accept(comma));
      if (!this.#accept(closeBrace)) return this.#no();
    }
    this.#level--;
    return this.#isUsual ? this.#table.seal(from, true) : nullCode;
  }

  /** From behind the opening quote to behind the closing one. */
  #string(): Code {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let byte = bytes[at]!;
    while (byte >= space && byte < 0x80 && byte !== quote && byte !== backslash && at < this.#end) byte = bytes[++at]!;
    if (at >= this.#end) return this.#no();
    if (byte !== quote) return this.#unusualString(start);
    this.#at = at + 1;
    return this.#table.ascii(bytes, start, at);
  }

  /** With escapes or beyond ASCII. */
  #unusualString(start: number): Code {
    const bytes = this.#bytes;
    let at = start;
    for (; at < this.#end && bytes[at] !== quote; at++) {
      if (bytes[at] === backslash) at++;
      else if (bytes[at]! >= 0x80) this.#isAscii = false;
    }
    if (at >= this.#end || !isUtf8(bytes.subarray(start, at))) return this.#no();
    this.#at = at + 1;
    try {
      return this.#table.string(JSON.parse(bytes.toString('utf8', start - 1, at + 1)));
    } catch {
      return this.#no();
    }
  }

  #number(): Code {
    const start = this.#at;
    const number = this.#plainNumber();
    if (this.#at - start <= exactDigits || Number.isSafeInteger(number)) return this.#table.number(number);
    const token = this.#bytes.toString('latin1', start, this.#at);
    // JavaScript would round it, and two values could look the same: it stands as its digits instead.
    return /^-?\d+$/.test(token) && isRoundedInteger(token) ? this.#table.string(token) : this.#table.number(number);
  }

  #plainNumber(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    if (bytes[at] === minus) at++;
    const first = at;
    let value = 0;
    for (let digit = bytes[at]! - zero; digit >= 0 && digit <= 9 && at < this.#end; digit = bytes[++at]! - zero) value = value * 10 + digit;
    const digits = at - first;
    if (digits === 0 || (digits > 1 && bytes[first] === zero)) this.#isUsual = false;
    this.#at = at;
    const next = at < this.#end ? bytes[at]! : 0;
    if (next === dot || (next | 0x20) === letterE) return this.#fraction(start);
    if (digits > exactDigits) return Number(bytes.toString('latin1', start, at));
    return first === start ? value : -value;
  }

  #fraction(start: number): number {
    const token = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(this.#bytes.toString('latin1', start, Math.min(this.#end, start + 400)))?.[0];
    this.#at = start + (token?.length ?? 0);
    return Number(token);
  }

  #word(word: Uint8Array, code: Code): Code {
    return this.#comesNext(word) ? code : this.#no();
  }

  /** Takes these bytes if they come next. */
  #comesNext(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.#at = at + expected.length;
    return true;
  }

  /** Takes the byte if it comes next, after any space. */
  #accept(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) {
      this.#skip();
      if (this.#bytes[this.#at] !== byte) return false;
    }
    if (this.#at >= this.#end) return false;
    this.#at++;
    return true;
  }

  #skip(): void {
    const bytes = this.#bytes;
    for (let byte = bytes[this.#at]; byte === space || byte === tab || byte === carriageReturn; byte = bytes[++this.#at]);
  }

  #no(): Code {
    this.#isUsual = false;
    return nullCode;
  }
}
