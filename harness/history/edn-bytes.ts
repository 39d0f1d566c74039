/**
 * Parses EDN as Jepsen prints it straight from the bytes into codes. Like `json-line.ts` it may be strict: whatever is wrong or unusual is
 * left to `EdnParser`, which reads the same language from text and can say what is wrong where.
 */
import { isUtf8 } from 'node:buffer';
import { EdnError, EdnParser } from './edn-parser.ts';
import { type RawEvent, type Slot, slotOf, slots } from './raw-event.ts';
import { absent, type Code, isInline, isString, nullCode, type ValueTable } from './value-table.ts';

const ascii = (text: string): number => text.charCodeAt(0);
const codes = <Names extends string[]>(...names: Names) => names.map(ascii) as { [At in keyof Names]: number };
const [newline, semicolon, quote, backslash, colon, hash, underscore] = codes('\n', ';', '"', '\\', ':', '#', '_');
const [openParenthesis, closeParenthesis, openBracket, closeBracket, openBrace, closeBrace] = codes('(', ')', '[', ']', '{', '}');
const [zero, plus, minus, caret, verticalTab] = codes('0', '+', '-', '^', '\v');
/** Integers of so many digits are exact. */
const exactDigits = 15;
/** Deeper values go to the other parser. */
const deepest = 100;

/** 1: space, 2: ends a word without being part of it, 0: part of a word. */
const classes = new Uint8Array(256);
for (const space of ' \t\r\n\f,') classes[ascii(space)] = 1;
for (const delimiter of ';"()[]{}') classes[ascii(delimiter)] = 2;

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const knownNames: readonly (readonly [Uint8Array, Slot])[] = Object.keys(slots)
  .filter(name => name !== 'other')
  .map(name => [bytesOf(name), slotOf(name)]);
/** Candidates by the first two letters of the name, which tell all known ones apart: 1 + their place. `f` has only one. */
const candidates = new Uint8Array(65_536);
for (const [at, [name]] of knownNames.entries())
  for (let second = 0; second < 256; second++)
    if (name.length > 1 ? second === name[1] : classes[second] !== 0) candidates[name[0]! * 256 + second] = 1 + at;

export class EdnBytes {
  readonly #raw: RawEvent;
  readonly #table: ValueTable;
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;
  isUsual = true;
  /** The line it is on, from 1. */
  line = 1;
  /** Where in the bytes columns are counted from, and how many units of the line come before. */
  #lineFrom = 0;
  #unitsBefore = 0;
  #isAscii = true;
  #level = 0;

  constructor(raw: RawEvent, table: ValueTable) {
    this.#raw = raw;
    this.#table = table;
  }

  /** Other bytes, which go on where it was; `rebase` must have come before. */
  move(bytes: Buffer, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#lineFrom = at;
  }

  /** Counts columns from here, so that none of them needs to look far back. */
  rebase(): void {
    this.#unitsBefore = this.columnAt(this.at) - 1;
    this.#lineFrom = this.at;
    this.#isAscii = true;
  }

  /** The beginning of a line. */
  startLine(line: number, at: number, end: number): void {
    this.line = line;
    this.at = at;
    this.end = end;
    this.#lineFrom = at;
    this.#unitsBefore = 0;
    this.#isAscii = true;
  }

  columnAt(at: number): number {
    const units = this.#isAscii ? at - this.#lineFrom : this.bytes.toString('utf8', this.#lineFrom, at).length;
    return 1 + this.#unitsBefore + units;
  }

  /** For going back. */
  state(): readonly [number, number, number, number, boolean] {
    return [this.at, this.line, this.#lineFrom, this.#unitsBefore, this.#isAscii];
  }

  restore([at, line, lineFrom, unitsBefore, isAscii]: ReturnType<EdnBytes['state']>): void {
    this.at = at;
    this.line = line;
    this.#lineFrom = lineFrom;
    this.#unitsBefore = unitsBefore;
    this.#isAscii = isAscii;
  }

  /** Goes past text that the other parser has read. */
  advance(text: string): void {
    this.at += Buffer.byteLength(text);
    const last = text.lastIndexOf('\n');
    if (last < 0) {
      this.#isAscii = false;
      return;
    }
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.line++;
    this.#lineFrom = this.at - Buffer.byteLength(text.slice(last + 1));
    this.#unitsBefore = 0;
    this.#isAscii = false;
  }

  /** Past space and comments. False, and back at the comment, if that goes on behind the end. */
  skip(): boolean {
    const { bytes, end } = this;
    for (;;) {
      const byte = bytes[this.at]!;
      if (this.at >= end) return true;
      if (byte === newline) this.#nextLine(++this.at);
      else if (classes[byte] === 1) this.at++;
      else if (byte === semicolon) {
        const close = bytes.indexOf(newline, this.at);
        if (close < 0 || close >= end) return false;
        this.at = close + 1;
        this.#nextLine(this.at);
      } else return true;
    }
  }

  #nextLine(at: number): void {
    this.line++;
    this.#lineFrom = at;
    this.#unitsBefore = 0;
    this.#isAscii = true;
  }

  /** A map, perhaps with a tag, into the raw event; its other members go on the table's stack. */
  event(): boolean {
    this.isUsual = true;
    this.#level = 0;
    const { bytes } = this;
    if (bytes[this.at] === hash) {
      if (bytes[this.at + 1] === underscore || bytes[this.at + 1] === hash || bytes[this.at + 1] === openBrace) return false;
      this.#endOfWord();
    }
    if (bytes[this.at] !== openBrace || this.at >= this.end) return false;
    this.at++;
    while (this.isUsual) {
      this.#space();
      if (this.at >= this.end) return false;
      if (bytes[this.at] === closeBrace) {
        this.at++;
        return true;
      }
      this.#member();
    }
    return false;
  }

  #member(): void {
    const slot = this.#slot();
    const name = slot === slots.other ? this.#name(this.value()) : nullCode;
    this.#space();
    if (!this.isUsual || this.at >= this.end || this.bytes[this.at] === closeBrace) return void this.#no();
    const raw = this.#raw;
    if (slot === slots.f) {
      raw.fLine = this.line;
      raw.fColumn = this.columnAt(this.at);
    } else if (slot === slots.value) {
      raw.valueLine = this.line;
      raw.valueColumn = this.columnAt(this.at);
    } else if (slot === slots.time || slot === slots.index) {
      const byte = this.bytes[this.at]! - zero;
      if (byte >= 0 && byte <= 9 && this.#moment(slot)) return;
    }
    const code = this.value();
    if (slot === slots.value) raw.value = code;
    else if (slot === slots.process) raw.process = code;
    else if (slot === slots.type) raw.type = code;
    else if (slot === slots.f) raw.f = code;
    else if (slot !== slots.other) raw.set(slot, code, this.#table);
    else {
      this.#table.push(name);
      this.#table.push(code);
    }
  }

  /** A keyword that names one of the slots; or nothing is taken. */
  #slot(): Slot {
    const { bytes, at } = this;
    if (bytes[at] !== colon) return slots.other;
    const known = candidates[bytes[at + 1]! * 256 + bytes[at + 2]!] ?? 0;
    if (known === 0) return slots.other;
    const [name, slot] = knownNames[known - 1]!;
    for (let i = 0; i < name.length; i++) if (bytes[at + 1 + i] !== name[i]) return slots.other;
    if (at + 1 + name.length >= this.end || classes[bytes[at + 1 + name.length]!] === 0) return slots.other;
    this.at = at + 1 + name.length;
    return slot;
  }

  /** Times would fill the table of numbers. */
  #moment(slot: Slot): boolean {
    const start = this.at;
    const { bytes } = this;
    let value = 0;
    let at = start;
    for (let digit = bytes[at]! - zero; digit >= 0 && digit <= 9 && at < this.end; digit = bytes[++at]! - zero) value = value * 10 + digit;
    if (at >= this.end || classes[bytes[at]!] === 0) return false;
    if (at - start > exactDigits) value = Number(bytes.toString('latin1', start, at));
    this.at = at;
    if (slot === slots.time) this.#raw.time = value;
    else this.#raw.index = value;
    return true;
  }

  value(): Code {
    this.#space();
    if (this.at >= this.end) return this.#no();
    const { bytes, at } = this;
    const byte = bytes[at]!;
    if (byte === colon) return this.#keyword();
    if (byte === quote) return this.#string();
    if (byte === openBracket) return this.#list(1, closeBracket);
    if (byte === openBrace) return this.#map();
    if (byte === openParenthesis) return this.#list(1, closeParenthesis);
    if (byte === hash) return this.#dispatched();
    if (byte === backslash || byte === caret || byte === verticalTab || classes[byte] !== 0) return this.#no();
    return this.#atom();
  }

  #list(opening: number, close: number): Code {
    const from = this.#table.depth;
    this.at += opening;
    if (++this.#level > deepest) return this.#no();
    for (;;) {
      this.#space();
      if (!this.isUsual || this.at >= this.end) return this.#no();
      if (this.bytes[this.at] === close) break;
      this.#table.push(this.value());
    }
    this.at++;
    this.#level--;
    return this.#table.seal(from, false);
  }

  #map(): Code {
    const from = this.#table.depth;
    this.at++;
    if (++this.#level > deepest) return this.#no();
    for (;;) {
      this.#space();
      if (!this.isUsual || this.at >= this.end) return this.#no();
      if (this.bytes[this.at] === closeBrace) break;
      const name = this.#name(this.value());
      this.#space();
      if (this.bytes[this.at] === closeBrace) return this.#no();
      const value = this.value();
      this.#table.push(name);
      this.#table.push(value);
    }
    this.at++;
    this.#level--;
    return this.#table.seal(from, true);
  }

  #name(code: Code): Code {
    if (isString(code) || !this.isUsual) return code;
    return isInline(code) ? this.#table.string(String(code >> 2)) : this.#no();
  }

  /** `#{…}` a set, `#tag value` the value; all else is unusual. */
  #dispatched(): Code {
    const next = this.bytes[this.at + 1];
    if (next === openBrace) return this.#list(2, closeBrace);
    if (next === undefined || next === hash || next === underscore || classes[next] !== 0) return this.#no();
    this.#endOfWord();
    if (++this.#level > deepest) return this.#no();
    const code = this.value();
    this.#level--;
    return code;
  }

  #keyword(): Code {
    const start = this.at + 1;
    const end = this.#endOfWord();
    if (end >= this.end || end === start || (end === start + 1 && this.bytes[start] === colon)) return this.#no();
    return this.#isAsciiBetween(start, end) ? this.#table.ascii(this.bytes, start, end) : this.#no();
  }

  #atom(): Code {
    const start = this.at;
    const { bytes } = this;
    let at = start;
    const sign = bytes[at]!;
    if (sign === minus || sign === plus) at++;
    const first = at;
    let value = 0;
    for (let digit = bytes[at]! - zero; digit >= 0 && digit <= 9 && at < this.end; digit = bytes[++at]! - zero) value = value * 10 + digit;
    this.at = at;
    if (at > first && at - first <= exactDigits && at < this.end && classes[bytes[at]!] !== 0)
      return this.#table.number(sign === minus ? -value : value);
    const end = this.#endOfWord();
    if (end >= this.end) return this.#no();
    const word = bytes.toString('latin1', start, end);
    if (word === 'nil') return nullCode;
    if (word === 'true' || word === 'false') return this.#table.boolean(word === 'true');
    return this.#isAsciiBetween(start, end) ? this.#other(word) : this.#no();
  }

  #string(): Code {
    const { bytes } = this;
    const start = ++this.at;
    let at = start;
    let isPlain = true;
    for (; at < this.end && bytes[at] !== quote; at++) {
      const byte = bytes[at]!;
      if (byte === backslash) {
        at++;
        isPlain = false;
      } else if (byte >= 0x80 || byte === newline) isPlain = false;
    }
    this.at = at;
    if (at >= this.end) return this.#no();
    this.at++;
    if (isPlain) return this.#table.ascii(bytes, start, at);
    // Lines are counted by whoever reads text.
    if (bytes.subarray(start, at).includes(newline) || !isUtf8(bytes.subarray(start, at))) return this.#no();
    this.#isAscii = false;
    return this.#other(bytes.toString('utf8', start - 1, at + 1));
  }

  /** A word or a string that the other parser knows better. */
  #other(text: string): Code {
    try {
      return this.#table.encode(new EdnParser(text).value());
    } catch (error) {
      if (!(error instanceof EdnError)) throw error;
      return this.#no();
    }
  }

  #endOfWord(): number {
    const { bytes, end } = this;
    let { at } = this;
    while (at < end && classes[bytes[at]!] === 0) at++;
    this.at = at;
    return at;
  }

  #isAsciiBetween(start: number, end: number): boolean {
    for (let at = start; at < end; at++) if (this.bytes[at]! >= 0x80) return false;
    return true;
  }

  /** Space within an event; a comment that is cut off there is no reason to go on. */
  #space(): void {
    if (classes[this.bytes[this.at]!] !== 0 && !this.skip()) this.#no();
  }

  #no(): Code {
    this.isUsual = false;
    return absent;
  }
}
