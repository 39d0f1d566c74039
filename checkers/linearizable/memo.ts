/**
 * The configurations that the search has been in, on typed arrays. One that is dominated by a known one is not entered again.
 *
 * A configuration is (frontier, state, statuses of the open operations, unknown-outcome operations used). Statuses are two bits a slot:
 * neither (must still be linearized), `done`, or `spare`: a moment has passed at which it could have been linearized without effect, so
 * it may be dropped for nothing or used for its effect, whichever suits. Hence `spare` is at least as good as either of the others, and
 * A dominates B if they share frontier and state, A has unknown-outcome operations left that can do all that B's can, and in each slot A is spare or equal.
 */
import { grown } from './rows.ts';
import type { UsedSets } from './used-sets.ts';

/** How many configurations of the same frontier and state are compared; equal ones are found whatever their number. */
const longestWalk = 256;
const nil = -1;

export class Memo {
  readonly #words: number;
  readonly #stride: number;
  readonly #used: UsedSets;
  #entries: Int32Array;
  #count = 0;
  /** Open addressing, entry number or nil: all entries by everything, and the newest of each (frontier, state). */
  #exact = new Int32Array(1024).fill(nil);
  #heads = new Int32Array(1024).fill(nil);
  #headCount = 0;

  constructor(words: number, used: UsedSets) {
    this.#words = words;
    this.#stride = 4 + 2 * words;
    this.#used = used;
    this.#entries = new Int32Array(this.#stride * 512);
  }

  /** Remembers the configuration; false if it is known or dominated. `done` and `spare` are read from `offset` on. */
  admit(frontier: number, state: number, used: number, done: Int32Array, spare: Int32Array, offset: number): boolean {
    const exactAt = this.#findExact(frontier, state, used, done, spare, offset);
    if (exactAt < 0) return false;
    const headAt = this.#findHead(frontier, state);
    const head = this.#heads[headAt]!;
    if (this.#dominated(head, used, done, spare, offset)) return false;
    const entry = this.#append(frontier, state, used, done, spare, offset);
    this.#entries[entry * this.#stride + 3] = head;
    this.#exact[exactAt] = entry;
    this.#heads[headAt] = entry;
    if (head === nil) this.#headCount++;
    if (this.#count * 2 > this.#exact.length) this.#growExact();
    if (this.#headCount * 2 > this.#heads.length) this.#growHeads();
    return true;
  }

  /** Bytes held, and those that the next `soon` configurations may ask for: tables grow by doubling. */
  bytes(soon: number): number {
    const [entries, exact, heads] = [this.#entries.length, this.#exact.length, this.#heads.length];
    const more =
      ((this.#count + soon) * this.#stride > entries ? 2 * entries : 0) +
      ((this.#count + soon) * 2 > exact ? 2 * exact : 0) +
      ((this.#headCount + soon) * 2 > heads ? 2 * heads : 0);
    return 4 * (entries + exact + heads + more);
  }

  #dominated(head: number, used: number, done: Int32Array, spare: Int32Array, offset: number): boolean {
    const entries = this.#entries;
    for (let at = head, walked = 0; at !== nil && walked < longestWalk; walked++) {
      const base = at * this.#stride;
      if (this.#better(base, done, spare, offset) && this.#used.atMost(entries[base + 2]!, used)) return true;
      at = entries[base + 3]!;
    }
    return false;
  }

  /** Whether the entry is spare or equal in every slot. */
  #better(base: number, done: Int32Array, spare: Int32Array, offset: number): boolean {
    const words = this.#words;
    const entries = this.#entries;
    for (let w = 0; w < words; w++) {
      const doneHere = entries[base + 4 + w]!;
      const spareHere = entries[base + 4 + words + w]!;
      if ((((doneHere ^ done[offset + w]!) | spare[offset + w]!) & ~spareHere) !== 0) return false;
    }
    return true;
  }

  #append(frontier: number, state: number, used: number, done: Int32Array, spare: Int32Array, offset: number): number {
    const entry = this.#count++;
    const base = entry * this.#stride;
    if (base + this.#stride > this.#entries.length) this.#entries = grown(this.#entries, this.#entries.length * 2);
    const entries = this.#entries;
    entries[base] = frontier;
    entries[base + 1] = state;
    entries[base + 2] = used;
    for (let w = 0; w < this.#words; w++) {
      entries[base + 4 + w] = done[offset + w]!;
      entries[base + 4 + this.#words + w] = spare[offset + w]!;
    }
    return entry;
  }

  /** The free place for it in the table, or -1 if it is there. */
  #findExact(frontier: number, state: number, used: number, done: Int32Array, spare: Int32Array, offset: number): number {
    const mask = this.#exact.length - 1;
    let hash = mix(mix(mix(0, frontier), state), used);
    for (let w = 0; w < this.#words; w++) hash = mix(mix(hash, done[offset + w]!), spare[offset + w]!);
    for (let at = finish(hash) & mask; ; at = (at + 1) & mask) {
      const entry = this.#exact[at]!;
      if (entry === nil) return at;
      if (this.#equals(entry * this.#stride, frontier, state, used, done, spare, offset)) return -1;
    }
  }

  #equals(base: number, frontier: number, state: number, used: number, done: Int32Array, spare: Int32Array, offset: number): boolean {
    const entries = this.#entries;
    if (entries[base] !== frontier || entries[base + 1] !== state || entries[base + 2] !== used) return false;
    for (let w = 0; w < this.#words; w++)
      if (entries[base + 4 + w] !== done[offset + w] || entries[base + 4 + this.#words + w] !== spare[offset + w]) return false;
    return true;
  }

  #findHead(frontier: number, state: number): number {
    const mask = this.#heads.length - 1;
    for (let at = finish(mix(mix(0, frontier), state)) & mask; ; at = (at + 1) & mask) {
      const entry = this.#heads[at]!;
      if (entry === nil) return at;
      const base = entry * this.#stride;
      if (this.#entries[base] === frontier && this.#entries[base + 1] === state) return at;
    }
  }

  #growExact(): void {
    const mask = this.#exact.length * 2 - 1;
    const table = new Int32Array(mask + 1).fill(nil);
    for (let entry = 0; entry < this.#count; entry++) {
      const base = entry * this.#stride;
      let hash = mix(mix(mix(0, this.#entries[base]!), this.#entries[base + 1]!), this.#entries[base + 2]!);
      for (let w = 0; w < this.#words; w++) hash = mix(mix(hash, this.#entries[base + 4 + w]!), this.#entries[base + 4 + this.#words + w]!);
      let at = finish(hash) & mask;
      while (table[at] !== nil) at = (at + 1) & mask;
      table[at] = entry;
    }
    this.#exact = table;
  }

  #growHeads(): void {
    const old = this.#heads;
    this.#heads = new Int32Array(old.length * 2).fill(nil);
    for (const entry of old) {
      if (entry === nil) continue;
      const base = entry * this.#stride;
      this.#heads[this.#findHead(this.#entries[base]!, this.#entries[base + 1]!)] = entry;
    }
  }
}

const mix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x9e3779b1) ^ (hash >>> 15);
const finish = (hash: number): number => {
  const h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
};
