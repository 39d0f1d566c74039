/**
 * Parses EDN as Jepsen prints it, into plain JSON data with the places of things: errors must name line and column, which the EDN packages
 * do not. Keywords, symbols and characters become strings; lists, vectors and sets become arrays; maps become objects with their
 * keys as strings; a tagged value loses its tag. Source: https://github.com/edn-format/edn.
 */
import { isRoundedInteger, type Json } from '../std/json.ts';

/** What the grammar wanted at this offset; at the end of the text, the text was cut off. */
export class EdnError extends Error {
  readonly offset: number;
  readonly expected: string;

  constructor(offset: number, expected: string) {
    super(`expected ${expected} at ${offset}`);
    this.offset = offset;
    this.expected = expected;
  }
}

/** Deeper than any history, shallower than the stack. */
const deepest = 500;
const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '#{': '}' };

export class EdnParser {
  readonly text: string;
  #at: number;
  #level = 0;
  #mapDepth = 0;
  /** Where the values of the latest outermost map begin, by key. */
  readonly places = new Map<string, number>();

  constructor(text: string, at = 0) {
    this.text = text;
    this.#at = at;
  }

  /** Where it is. */
  get at(): number {
    return this.#at;
  }

  /** The offset of whatever comes next; the length of the text if nothing does. */
  skip(): number {
    for (;;) {
      const character = this.text[this.#at];
      if (character === ';') this.#at = endOf(this.text, '\n', this.#at);
      else if (character === '#' && this.text[this.#at + 1] === '_') {
        this.#at += 2;
        this.value();
      } else if (character !== undefined && /[\s,]/.test(character)) this.#at++;
      else return this.#at;
    }
  }

  /** Takes one character if it comes next. */
  accept(character: string): boolean {
    if (this.text[this.skip()] !== character) return false;
    this.#at++;
    return true;
  }

  /** Throws an EdnError. */
  value(): Json {
    if (++this.#level > deepest) throw new EdnError(this.#at, `at most ${deepest} levels`);
    const value = this.#value();
    this.#level--;
    return value;
  }

  #value(): Json {
    const at = this.skip();
    const character = this.text[at];
    if (character === undefined) throw new EdnError(at, 'a value');
    if (character === '"') return this.#string();
    if (character === '\\') return this.#character();
    if (character === '#') return this.#dispatched();
    if (character === '^') return this.#metadata();
    if (character === '{') return this.#map();
    if (character === '(' || character === '[') return this.#sequence(character);
    if (character in delimiters) throw new EdnError(at, 'a value');
    return this.#atom();
  }

  #sequence(open: string): Json[] {
    this.#at += open.length;
    const items: Json[] = [];
    while (!this.accept(closing[open]!)) {
      if (this.#at >= this.text.length) throw new EdnError(this.#at, `a value or "${closing[open]}"`);
      items.push(this.value());
    }
    return items;
  }

  #map(): Json {
    this.#at++;
    const isOutermost = this.#mapDepth++ === 0;
    const entries: [string, Json][] = [];
    while (!this.accept('}')) {
      // An event's members have simple names: a map here means that the one before was not closed.
      if (this.#at >= this.text.length || (isOutermost && this.text[this.#at] === '{')) throw new EdnError(this.#at, 'a key or "}"');
      const key = this.value();
      const name = typeof key === 'string' ? key : JSON.stringify(key);
      const at = this.skip();
      if (this.text[at] === '}') throw new EdnError(at, `a value for ${name}`);
      if (isOutermost) this.places.set(name, at);
      entries.push([name, this.value()]);
    }
    this.#mapDepth--;
    return Object.fromEntries(entries);
  }

  /** `#{…}` a set, `##NaN` a number that JSON lacks, `#tag value` the value. */
  #dispatched(): Json {
    const next = this.text[this.#at + 1];
    if (next === '{') return this.#sequence('#{');
    if (next === '#') {
      this.#at += 2;
      this.#word();
      return null;
    }
    this.#at++;
    if (this.#word() === '') throw new EdnError(this.#at, 'a tag');
    return this.value();
  }

  #metadata(): Json {
    this.#at++;
    this.value();
    return this.value();
  }

  #character(): Json {
    const start = this.#at;
    this.#at += 2;
    if (start + 1 >= this.text.length) throw new EdnError(this.text.length, 'a character');
    const name = this.text[start + 1]! + this.#word();
    if (/^u[0-9a-fA-F]{4}$/.test(name)) return String.fromCharCode(Number.parseInt(name.slice(1), 16));
    const known = characterNames.get(name) ?? (name.length === 1 ? name : undefined);
    if (known === undefined) throw new EdnError(start, 'a character');
    return known;
  }

  #string(): Json {
    const start = this.#at;
    let end = start + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    if (end >= this.text.length) throw new EdnError(this.text.length, 'the rest of a string in double quotes');
    this.#at = end + 1;
    return this.text.slice(start + 1, end).replace(/\\(u[0-9a-fA-F]{4}|[0-7]{1,3}|.|\n)/g, (_, escaped: string, offset: number) => {
      if (escaped.length === 5) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
      if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8));
      const meant = stringEscapes[escaped];
      if (meant === undefined) throw new EdnError(start + 1 + offset, 'an escape sequence');
      return meant;
    });
  }

  #atom(): Json {
    const start = this.#at;
    const word = this.#word();
    if (word === 'nil') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    if (word.startsWith(':')) {
      if (/^::?$/.test(word)) throw new EdnError(this.#at, 'the name of a keyword');
      return word.slice(1);
    }
    if (!/^[+-]?\d/.test(word)) return word;
    const ratio = /^([+-]?\d+)\/(\d+)$/.exec(word);
    const number = ratio === null ? Number(word.replace(/[NM]$/, '')) : Number(ratio[1]) / Number(ratio[2]);
    if (!Number.isFinite(number)) throw new EdnError(start, 'a number');
    const digits = word.replace(/^\+|[NM]$/g, '');
    // JavaScript would round it, and two values could look the same: it stands as its digits instead.
    return /^-?\d{16,}$/.test(digits) && isRoundedInteger(digits) ? digits : number;
  }

  #word(): string {
    const start = this.#at;
    while (this.#at < this.text.length && !(this.text[this.#at]! in delimiters)) this.#at++;
    return this.text.slice(start, this.#at);
  }
}

const delimiters: Readonly<Record<string, true>> = Object.fromEntries([...' \t\r\n\f,;"()[]{}'].map(character => [character, true]));
const characterNames: ReadonlyMap<string, string> = new Map([
  ['newline', '\n'],
  ['return', '\r'],
  ['space', ' '],
  ['tab', '\t'],
  ['backspace', '\b'],
  ['formfeed', '\f'],
]);
const stringEscapes: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n', b: '\b', f: '\f', '"': '"', '\\': '\\' };

const endOf = (text: string, what: string, from: number): number => {
  const at = text.indexOf(what, from);
  return at < 0 ? text.length : at;
};
