/** Multisets of unknown-outcome operations that a configuration has used, as small numbers: equal multisets have equal numbers; 0 is empty. */
import { grown } from './memo.ts';

export class UsedSets {
  readonly #kinds: number;
  /** All multisets one after another, each ascending; `#start[id]` to `#start[id + 1]`. */
  #items = new Int32Array(256);
  #start = new Int32Array(64);
  #count = 1;
  readonly #successors = new Map<number, number>();
  readonly #byHash = new Map<number, number[]>();

  constructor(kinds: number) {
    this.#kinds = kinds;
  }

  /** How often `kind` is in it. */
  count(id: number, kind: number): number {
    let count = 0;
    for (let i = this.#start[id]!; i < this.#start[id + 1]!; i++) if (this.#items[i] === kind) count++;
    return count;
  }

  /** The multiset with one more of `kind`. */
  with(id: number, kind: number): number {
    const step = id * this.#kinds + kind;
    let next = this.#successors.get(step);
    if (next === undefined) {
      next = this.#intern(id, kind);
      this.#successors.set(step, next);
    }
    return next;
  }

  /** Whether each of `a` is also in `b`. */
  subset(a: number, b: number): boolean {
    if (a === b || a === 0) return true;
    const items = this.#items;
    let j = this.#start[b]!;
    const endB = this.#start[b + 1]!;
    const startA = this.#start[a]!;
    const endA = this.#start[a + 1]!;
    if (endA - startA > endB - j) return false;
    for (let i = startA; i < endA; i++) {
      while (j < endB && items[j]! < items[i]!) j++;
      if (j === endB || items[j] !== items[i]) return false;
      j++;
    }
    return true;
  }

  bytes(): number {
    return 4 * (this.#items.length + this.#start.length) + 64 * this.#successors.size;
  }

  /** Writes the new multiset behind the last one, and takes it back if it is known. */
  #intern(id: number, kind: number): number {
    const from = this.#start[id]!;
    const length = this.#start[id + 1]! - from + 1;
    const to = this.#start[this.#count]!;
    if (to + length > this.#items.length) this.#items = grown(this.#items, Math.max(this.#items.length * 2, to + length));
    if (this.#count + 2 > this.#start.length) this.#start = grown(this.#start, this.#start.length * 2);
    const items = this.#items;
    let i = 0;
    while (i < length - 1 && items[from + i]! <= kind) items[to + i] = items[from + i++]!;
    items[to + i] = kind;
    for (; i < length - 1; i++) items[to + i + 1] = items[from + i]!;
    let hash = 0;
    for (let k = 0; k < length; k++) hash = Math.imul(hash ^ items[to + k]!, 0x9e3779b1) ^ (hash >>> 13);
    const bucket = this.#byHash.get(hash) ?? [];
    const known = bucket.find(other => this.#same(other, to, length));
    if (known !== undefined) return known;
    const number = this.#count++;
    this.#start[number + 1] = to + length;
    bucket.push(number);
    this.#byHash.set(hash, bucket);
    return number;
  }

  #same(id: number, at: number, length: number): boolean {
    const from = this.#start[id]!;
    if (this.#start[id + 1]! - from !== length) return false;
    for (let k = 0; k < length; k++) if (this.#items[from + k] !== this.#items[at + k]) return false;
    return true;
  }
}
