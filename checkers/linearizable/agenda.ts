/** Configurations that wait, by frontier, best first: those that have used up the least. On typed arrays. */
import { bitCount, grown, type Rows } from './rows.ts';
import { tierOf } from './successors.ts';
import type { UsedSets } from './used-sets.ts';

const nil = -1;
/** What a used unknown outcome, a used open operation and a tier of late choices cost. Unknown outcomes stay useful for longest. */
const usedCost = 4;
const doneCost = 1;
const tierCost = 3;
/** Places of an entry: six columns, the next entry, the score, then statuses. */
const fixed = 8;

export class Agenda {
  readonly #used: UsedSets;
  readonly #words: number;
  readonly #stride: number;
  readonly #heads: Int32Array;
  #entries: Int32Array;
  #count = 0;
  /** Entries that were taken, for use again. */
  #free = nil;

  constructor(frontiers: number, words: number, used: UsedSets) {
    this.#used = used;
    this.#words = words;
    this.#stride = fixed + 2 * words;
    this.#heads = new Int32Array(frontiers + 1).fill(nil);
    this.#entries = new Int32Array(this.#stride * 512);
  }

  /** Keeps a copy of the row. O(entries of the same frontier that are better). */
  put(rows: Rows, row: number): void {
    const entry = this.#allocate();
    const entries = this.#entries;
    const words = this.#words;
    const base = entry * this.#stride;
    const frontier = rows.frontier[row]!;
    entries[base] = frontier;
    entries[base + 1] = rows.state[row]!;
    entries[base + 2] = rows.used[row]!;
    entries[base + 3] = rows.moment[row]!;
    entries[base + 4] = rows.phase[row]!;
    entries[base + 5] = rows.index[row]!;
    let score = this.#used.size(rows.used[row]!) * usedCost + tierOf(rows.phase[row]!) * tierCost;
    for (let w = 0; w < words; w++) {
      entries[base + fixed + w] = rows.done[row * words + w]!;
      entries[base + fixed + words + w] = rows.spare[row * words + w]!;
      score += bitCount(rows.done[row * words + w]!) * doneCost;
    }
    entries[base + 7] = score;
    this.#insert(frontier, entry, score);
  }

  /** Moves the best configuration of this frontier into the row; false if there is none. */
  take(frontier: number, rows: Rows, row: number): boolean {
    const entry = this.#heads[frontier]!;
    if (entry === nil) return false;
    const entries = this.#entries;
    const words = this.#words;
    const base = entry * this.#stride;
    this.#heads[frontier] = entries[base + 6]!;
    rows.frontier[row] = frontier;
    rows.state[row] = entries[base + 1]!;
    rows.used[row] = entries[base + 2]!;
    rows.moment[row] = entries[base + 3]!;
    rows.phase[row] = entries[base + 4]!;
    rows.index[row] = entries[base + 5]!;
    for (let w = 0; w < words; w++) {
      rows.done[row * words + w] = entries[base + fixed + w]!;
      rows.spare[row * words + w] = entries[base + fixed + words + w]!;
    }
    entries[base + 6] = this.#free;
    this.#free = entry;
    return true;
  }

  bytes(soon: number): number {
    const more = (this.#count + soon) * this.#stride > this.#entries.length ? 2 * this.#entries.length : 0;
    return 4 * (this.#entries.length + more + this.#heads.length);
  }

  #allocate(): number {
    if (this.#free !== nil) {
      const entry = this.#free;
      this.#free = this.#entries[entry * this.#stride + 6]!;
      return entry;
    }
    const entry = this.#count++;
    if (this.#count * this.#stride > this.#entries.length) this.#entries = grown(this.#entries, this.#entries.length * 2);
    return entry;
  }

  /** Behind those that are better; before those as good: the newest first. */
  #insert(frontier: number, entry: number, score: number): void {
    const entries = this.#entries;
    const stride = this.#stride;
    let previous = nil;
    let at = this.#heads[frontier]!;
    while (at !== nil && entries[at * stride + 7]! < score) {
      previous = at;
      at = entries[at * stride + 6]!;
    }
    entries[entry * stride + 6] = at;
    if (previous === nil) this.#heads[frontier] = entry;
    else entries[previous * stride + 6] = entry;
  }
}
