/** What is open at one frontier: the operation in each slot, and how many unknown outcomes of each kind have been called. */
import type { Timeline } from './timeline.ts';

export const empty = -1;

export class Open {
  readonly #t: Timeline;
  /** By slot: the operation, or `empty`; and the same as bits. */
  readonly occupant: Int32Array;
  readonly bits: Int32Array;
  /** By kind: the unknown outcomes called so far, used or not. */
  readonly available: Int32Array;
  #at = 0;

  constructor(timeline: Timeline, words: number) {
    this.#t = timeline;
    this.occupant = new Int32Array(words * 32).fill(empty);
    this.bits = new Int32Array(words);
    this.available = new Int32Array(timeline.crashedClasses.length);
    if (timeline.returns.length > 0) this.#enter(0);
  }

  /** Makes it the frontier that is meant; the end of the history is one, too. O(distance). */
  moveTo(frontier: number): void {
    const { returns } = this.#t;
    while (this.#at < frontier) {
      this.#vacate(returns[this.#at]!);
      this.#at++;
      if (this.#at < returns.length) this.#enter(this.#at);
    }
    while (this.#at > frontier) {
      if (this.#at < returns.length) this.#leave(this.#at);
      this.#at--;
      this.#occupy(returns[this.#at]!);
    }
  }

  #enter(frontier: number): void {
    const { calledBefore, crashedBefore, crashed } = this.#t;
    const previous = frontier - 1;
    for (let o = previous < 0 ? 0 : calledBefore[previous]!; o < calledBefore[frontier]!; o++) this.#occupy(o);
    for (let o = previous < 0 ? 0 : crashedBefore[previous]!; o < crashedBefore[frontier]!; o++) this.available[crashed[o]!]!++;
  }

  #leave(frontier: number): void {
    const { calledBefore, crashedBefore, crashed } = this.#t;
    const previous = frontier - 1;
    for (let o = previous < 0 ? 0 : calledBefore[previous]!; o < calledBefore[frontier]!; o++) this.#vacate(o);
    for (let o = previous < 0 ? 0 : crashedBefore[previous]!; o < crashedBefore[frontier]!; o++) this.available[crashed[o]!]!--;
  }

  #occupy(operation: number): void {
    const slot = this.#t.slot[operation]!;
    this.occupant[slot] = operation;
    this.bits[slot >> 5]! |= 1 << (slot & 31);
  }

  #vacate(operation: number): void {
    const slot = this.#t.slot[operation]!;
    this.occupant[slot] = empty;
    this.bits[slot >> 5]! &= ~(1 << (slot & 31));
  }
}
