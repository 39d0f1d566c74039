/**
 * JSON values as 32-bit codes, so that a history of ten million events is a few typed arrays. Equal scalars have equal codes. Lists and
 * objects lie in an arena of words that grows by chunks, and are made anew whenever somebody asks for one.
 */
import type { Json } from '../std/json.ts';

/**
 * The two lowest bits say what the rest is: an integer of 30 bits, a number of a string (the first few are constants), a number of a
 * number, or the address of a list or object.
 */
export type Code = number;

const [stringTag, numberTag, arenaTag] = [1, 2, 3];
export const absent: Code = 1;
export const nullCode: Code = 5;
const trueCode: Code = 9;
const falseCode: Code = 13;
/** They take the first places among the strings. */
const constants = 4;
const emptyString: Code = (constants << 2) | stringTag;

const largestInline = 2 ** 29 - 1;
const chunkBits = 20;
const chunkWords = 1 << chunkBits;
/** Addresses have 30 bits. */
const mostChunks = 1 << (30 - chunkBits);

export const isString = (code: Code): boolean => (code & 3) === stringTag && code >>> 2 >= constants;
export const isNumber = (code: Code): boolean => (code & 1) === 0;
export const isInline = (code: Code): boolean => (code & 3) === 0;
export const isEmptyString = (code: Code): boolean => code === emptyString;

export class ValueTable {
  readonly #strings: string[] = new Array(constants).fill('');
  #stringHashes = new Int32Array(1024);
  #stringSlots = new Int32Array(2048);
  #numbers = new Float64Array(64);
  #numberCount = 0;
  #numberSlots = new Int32Array(128);
  readonly #chunks: Int32Array[] = [];
  /** The last one; the first one begins small. */
  #chunk = new Int32Array(256);
  #used = 0;
  /** Items of lists that are not complete yet. */
  #stack = new Int32Array(1024);
  depth = 0;

  constructor() {
    this.string('');
  }

  boolean(value: boolean): Code {
    return value ? trueCode : falseCode;
  }

  number(value: number): Code {
    // -0 is 0 here: JSON readers differ on it, and no checker tells them apart.
    if (value >= -largestInline && value <= largestInline && Number.isInteger(value)) return (value | 0) << 2;
    const mask = this.#numberSlots.length - 1;
    let slot = hashOf(value) & mask;
    for (let known = this.#numberSlots[slot]!; known !== 0; known = this.#numberSlots[slot]!) {
      if (this.#numbers[known - 1] === value) return ((known - 1) << 2) | numberTag;
      slot = (slot + 1) & mask;
    }
    return this.#addNumber(value, slot);
  }

  string(text: string): Code {
    let hash = 0;
    for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
    const mask = this.#stringSlots.length - 1;
    let slot = mixed(hash) & mask;
    for (let known = this.#stringSlots[slot]!; known !== 0; known = this.#stringSlots[slot]!) {
      if (this.#stringHashes[known] === hash && this.#strings[known] === text) return (known << 2) | stringTag;
      slot = (slot + 1) & mask;
    }
    return this.#addString(text, hash, slot);
  }

  /** The same for a piece of plain ASCII; makes a string only if it is new. */
  ascii(bytes: Buffer, start: number, end: number): Code {
    let hash = 0;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const mask = this.#stringSlots.length - 1;
    let slot = mixed(hash) & mask;
    for (let known = this.#stringSlots[slot]!; known !== 0; known = this.#stringSlots[slot]!) {
      if (this.#stringHashes[known] === hash && isSame(bytes, start, end, this.#strings[known]!)) return (known << 2) | stringTag;
      slot = (slot + 1) & mask;
    }
    return this.#addString(bytes.toString('latin1', start, end), hash, slot);
  }

  /** Keeps an item of a list, or a name or a value of an object, until `seal`. */
  push(code: Code): void {
    if (this.depth === this.#stack.length) this.#stack = grown(this.#stack);
    this.#stack[this.depth++] = code;
  }

  /** Makes one list or object (names and values in turn) of what was pushed since the stack was so deep. */
  seal(from: number, isObject: boolean): Code {
    const length = this.depth - from;
    const address = this.#allocate(length + 1);
    const at = address & (chunkWords - 1);
    this.#chunk[at] = (length << 1) | (isObject ? 1 : 0);
    for (let i = 0; i < length; i++) this.#chunk[at + 1 + i] = this.#stack[from + i]!;
    this.depth = from;
    return (address << 2) | arenaTag;
  }

  encode(value: Json | undefined): Code {
    if (value === undefined) return absent;
    if (value === null) return nullCode;
    if (typeof value === 'number') return this.number(value);
    if (typeof value === 'string') return this.string(value);
    if (typeof value === 'boolean') return this.boolean(value);
    const from = this.depth;
    if (Array.isArray(value)) for (const item of value) this.push(this.encode(item));
    else
      for (const [name, member] of Object.entries(value)) {
        const code = this.encode(member);
        this.push(this.string(name));
        this.push(code);
      }
    return this.seal(from, !Array.isArray(value));
  }

  decode(code: Code): Json {
    switch (code & 3) {
      case 0:
        return code >> 2;
      case stringTag:
        return code >>> 2 >= constants ? this.#strings[code >>> 2]! : code === trueCode ? true : code === falseCode ? false : null;
      case numberTag:
        return this.#numbers[code >>> 2]!;
      default:
        return this.#structure(code >>> 2);
    }
  }

  isList(code: Code): boolean {
    return (code & 3) === arenaTag && (this.#word(code >>> 2, 0) & 1) === 0;
  }

  isObject(code: Code): boolean {
    return (code & 3) === arenaTag && (this.#word(code >>> 2, 0) & 1) === 1;
  }

  /** Of a list its items; of an object its names and values. */
  sizeOf(code: Code): number {
    return this.#word(code >>> 2, 0) >> 1;
  }

  itemOf(code: Code, item: number): Code {
    return this.#word(code >>> 2, item + 1);
  }

  #word(address: number, offset: number): number {
    return this.#chunks[address >>> chunkBits]![(address & (chunkWords - 1)) + offset]!;
  }

  #structure(address: number): Json {
    const chunk = this.#chunks[address >>> chunkBits]!;
    const at = address & (chunkWords - 1);
    const header = chunk[at]!;
    const length = header >> 1;
    if ((header & 1) === 0) {
      const items: Json[] = new Array(length);
      for (let i = 0; i < length; i++) items[i] = this.decode(chunk[at + 1 + i]!);
      return items;
    }
    const entries: [string, Json][] = [];
    for (let i = 0; i < length; i += 2) entries.push([this.decode(chunk[at + 1 + i]!) as string, this.decode(chunk[at + 2 + i]!)]);
    return Object.fromEntries(entries);
  }

  /** A structure never crosses a chunk; one that is larger than a chunk has one of its own, which takes the addresses of several. */
  #allocate(words: number): number {
    if (this.#used + words > this.#chunk.length && this.#chunk.length < chunkWords && this.#used + words <= chunkWords) {
      if (this.#chunks.length === 0) this.#chunks.push(this.#chunk);
      while (this.#chunk.length < this.#used + words) this.#chunk = grown(this.#chunk);
      this.#chunks[this.#chunks.length - 1] = this.#chunk;
    }
    if (this.#used + words > this.#chunk.length) {
      const chunk = new Int32Array(Math.max(words, chunkWords));
      if (this.#chunks.length + Math.ceil(words / chunkWords) > mostChunks) throw new RangeError('more than 4 GB of lists and objects');
      const first = this.#chunks.length;
      for (let taken = 0; taken < words; taken += chunkWords) this.#chunks.push(chunk);
      this.#chunk = chunk;
      this.#used = words;
      return first << chunkBits;
    }
    if (this.#chunks.length === 0) this.#chunks.push(this.#chunk);
    const address = ((this.#chunks.length - 1) << chunkBits) | this.#used;
    this.#used += words;
    return address;
  }

  #addString(text: string, hash: number, slot: number): Code {
    const id = this.#strings.length;
    this.#strings.push(text);
    if (id >= this.#stringHashes.length) this.#stringHashes = grown(this.#stringHashes);
    this.#stringHashes[id] = hash;
    this.#stringSlots[slot] = id;
    if (2 * id > this.#stringSlots.length) {
      const slots = new Int32Array(2 * this.#stringSlots.length);
      for (let known = constants; known <= id; known++) place(slots, mixed(this.#stringHashes[known]!), known);
      this.#stringSlots = slots;
    }
    return (id << 2) | stringTag;
  }

  #addNumber(value: number, slot: number): Code {
    const id = this.#numberCount++;
    if (id === this.#numbers.length) {
      const numbers = new Float64Array(2 * id);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    this.#numbers[id] = value;
    this.#numberSlots[slot] = id + 1;
    if (2 * id > this.#numberSlots.length) {
      const slots = new Int32Array(2 * this.#numberSlots.length);
      for (let known = 0; known <= id; known++) place(slots, hashOf(this.#numbers[known]!), known + 1);
      this.#numberSlots = slots;
    }
    return (id << 2) | numberTag;
  }
}

const grown = (array: Int32Array): Int32Array<ArrayBuffer> => {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
};

const place = (slots: Int32Array, hash: number, entry: number): void => {
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = entry;
};

const mixed = (hash: number): number => {
  const once = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return once ^ (once >>> 12);
};

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);
const hashOf = (value: number): number => {
  double[0] = value;
  return mixed(Math.imul(halves[0]!, 0x9e3779b1) ^ halves[1]!);
};

const isSame = (bytes: Buffer, start: number, end: number, text: string): boolean => {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
};
