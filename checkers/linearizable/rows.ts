/** Configurations of the search, one a row, as typed columns. See README.md for what they mean. */

/** No blind write has been linearized yet. */
export const noMoment = -1;

export class Rows {
  /** 32-bit words for one bit a slot. */
  readonly words: number;
  frontier = new Int32Array(256);
  state = new Int32Array(256);
  /** What was used of unknown outcomes, by number (used-sets.ts). */
  used = new Int32Array(256);
  /** The frontier at which a blind write was last linearized, or `noMoment`. */
  moment = new Int32Array(256);
  /** Which choice comes next: kind of choice, and where in it. */
  phase = new Int32Array(256);
  index = new Int32Array(256);
  /** Statuses of the open operations: one bit a slot, `words` words a row. Neither: pending. */
  done: Int32Array;
  spare: Int32Array;

  constructor(slots: number) {
    this.words = Math.max(1, Math.ceil(slots / 32));
    this.done = new Int32Array(256 * this.words);
    this.spare = new Int32Array(256 * this.words);
  }

  /** Copies a row to the one above it, with all its choices open. */
  copyUp(row: number): void {
    const above = row + 1;
    if (above === this.frontier.length) this.#grow();
    this.frontier[above] = this.frontier[row]!;
    this.state[above] = this.state[row]!;
    this.used[above] = this.used[row]!;
    this.moment[above] = this.moment[row]!;
    this.phase[above] = 0;
    this.index[above] = 0;
    const words = this.words;
    for (let at = row * words; at < above * words; at++) {
      this.done[at + words] = this.done[at]!;
      this.spare[at + words] = this.spare[at]!;
    }
  }

  isSpare(row: number, slot: number): boolean {
    return (this.spare[row * this.words + (slot >> 5)]! & (1 << (slot & 31))) !== 0;
  }

  markDone(row: number, slot: number): void {
    const at = row * this.words + (slot >> 5);
    this.done[at]! |= 1 << (slot & 31);
    this.spare[at]! &= ~(1 << (slot & 31));
  }

  bytes(): number {
    return this.frontier.length * (24 + 8 * this.words);
  }

  #grow(): void {
    const rows = this.frontier.length * 2;
    this.frontier = grown(this.frontier, rows);
    this.state = grown(this.state, rows);
    this.used = grown(this.used, rows);
    this.moment = grown(this.moment, rows);
    this.phase = grown(this.phase, rows);
    this.index = grown(this.index, rows);
    this.done = grown(this.done, rows * this.words);
    this.spare = grown(this.spare, rows * this.words);
  }
}

/** The same numbers in a longer array. */
export const grown = (array: Int32Array, length: number): Int32Array<ArrayBuffer> => {
  const longer = new Int32Array(length);
  longer.set(array);
  return longer;
};

/** How many bits are set. */
export const bitCount = (word: number): number => {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

/** The place of the lowest bit that is set. */
export const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);
