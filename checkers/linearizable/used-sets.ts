/** Multisets of unknown-outcome operations that a configuration has used, as small numbers: equal multisets have equal numbers; 0 is empty. */
import { grown } from './rows.ts';

export class UsedSets {
  readonly #kinds: number;
  readonly #cover: Int32Array;
  readonly #owed: Int32Array;
  /** All multisets one after another, each as pairs of kind (ascending) and count; `#start[id]` to `#start[id + 1]`. */
  #items = new Int32Array(256);
  #start = new Int32Array(64);
  #total = new Int32Array(64);
  #count = 1;
  readonly #successors = new Map<number, number>();
  readonly #byHash = new Map<number, number[]>();

  /** `cover`: per kind, another that can stand in for it, or -1. */
  constructor(cover: Int32Array) {
    this.#kinds = cover.length;
    this.#cover = cover;
    this.#owed = new Int32Array(cover.length);
  }

  /** How many are in it. */
  size(id: number): number {
    return this.#total[id]!;
  }

  /** How often `kind` is in it. */
  count(id: number, kind: number): number {
    for (let i = this.#start[id]!; i < this.#start[id + 1]!; i += 2) if (this.#items[i] === kind) return this.#items[i + 1]!;
    return 0;
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

  /**
   * Whether what is left after `a` can do all that what is left after `b` can: each of `a` is also in `b`, or `b` holds in its place one
   * that covers it (a blind write where `a` used a cas to the same value).
   */
  atMost(a: number, b: number): boolean {
    if (a === b || a === 0) return true;
    if (this.#total[a]! > this.#total[b]!) return false;
    const items = this.#items;
    const owed = this.#owed;
    let j = this.#start[b]!;
    const endB = this.#start[b + 1]!;
    const endA = this.#start[a + 1]!;
    let debts = 0;
    for (let i = this.#start[a]!; i < endA; i += 2) {
      while (j < endB && items[j]! < items[i]!) j += 2;
      const missing = items[i + 1]! - (j < endB && items[j] === items[i] ? items[j + 1]! : 0);
      if (missing <= 0) continue;
      const cover = this.#cover[items[i]!]!;
      if (cover < 0) return false;
      if (debts === 0) owed.fill(0);
      owed[cover]! -= missing;
      debts++;
    }
    return debts === 0 || this.#paid(a, b, owed);
  }

  /** Whether `b` holds of every kind as many more than `a` as are owed. */
  #paid(a: number, b: number, owed: Int32Array): boolean {
    for (let kind = 0; kind < this.#kinds; kind++)
      if (owed[kind]! < 0 && this.count(b, kind) - this.count(a, kind) + owed[kind]! < 0) return false;
    return true;
  }

  bytes(): number {
    return 4 * (this.#items.length + 2 * this.#start.length) + 96 * this.#successors.size;
  }

  /** Writes the new multiset behind the last one, and takes it back if it is known. */
  #intern(id: number, kind: number): number {
    const to = this.#start[this.#count]!;
    const end = this.#append(id, kind, to);
    let hash = 0;
    for (let k = to; k < end; k++) hash = Math.imul(hash ^ this.#items[k]!, 0x9e3779b1) ^ (hash >>> 13);
    const bucket = this.#byHash.get(hash) ?? [];
    const known = bucket.find(other => this.#same(other, to, end));
    if (known !== undefined) return known;
    const number = this.#count++;
    if (this.#count + 1 > this.#start.length) {
      this.#start = grown(this.#start, this.#start.length * 2);
      this.#total = grown(this.#total, this.#start.length);
    }
    this.#start[number + 1] = end;
    this.#total[number] = this.#total[id]! + 1;
    bucket.push(number);
    this.#byHash.set(hash, bucket);
    return number;
  }

  /** Copies a multiset to `to` with one more of `kind`; answers with the end of the copy. */
  #append(id: number, kind: number, to: number): number {
    const from = this.#start[id]!;
    const until = this.#start[id + 1]!;
    const most = to + until - from + 2;
    if (most > this.#items.length) this.#items = grown(this.#items, Math.max(this.#items.length * 2, most));
    const items = this.#items;
    let [at, end] = [from, to];
    for (; at < until && items[at]! < kind; at += 2) {
      items[end++] = items[at]!;
      items[end++] = items[at + 1]!;
    }
    const there = at < until && items[at] === kind;
    items[end++] = kind;
    items[end++] = there ? items[at + 1]! + 1 : 1;
    for (at += there ? 2 : 0; at < until; at++) items[end++] = items[at]!;
    return end;
  }

  #same(id: number, from: number, end: number): boolean {
    const start = this.#start[id]!;
    if (this.#start[id + 1]! - start !== end - from) return false;
    for (let k = from; k < end; k++) if (this.#items[start + k - from] !== this.#items[k]) return false;
    return true;
  }
}
