/**
 * The general search: Wing & Gong's depth-first search with Lowe's memory, over constant-size configurations.
 *
 * The frontier is the first return whose operation is not settled yet. Its operation must be linearized now, perhaps behind some of the
 * other open operations; once it is, the frontier moves on. What keeps it small (proofs in README.md):
 *  - an open operation that would change nothing in the present state becomes `spare`: linearized at this moment without any effect if
 *    that suits later. A read needs no more than that, so reads never branch;
 *  - when a blind write (`overwrites`) is linearized, every open operation that is legal in all states becomes spare likewise: put just
 *    before it, its effect is overwritten at once;
 *  - of open operations of one class only the one that returns first is tried, and an unknown-outcome one only when no live one is open;
 *  - dominated configurations are not entered (memo.ts).
 *
 * Sources: Wing & Gong, JPDC 1993; Lowe, "Testing for linearizability", CCPE 2017; Horn & Kroening, FORTE 2015.
 */
import { type Limits as CheckLimits, outOfMemory } from '../limits.ts';
import { type Automaton, illegal } from './automaton.ts';
import { grown, Memo } from './memo.ts';
import type { Timeline } from './timeline.ts';
import { UsedSets } from './used-sets.ts';

export interface Limits extends CheckLimits {
  /** Rounds without progress after which the search looks back, for tests; default 512. */
  readonly patience?: number;
}

export interface SearchResult {
  readonly outcome: 'linearizable' | 'violation' | 'time' | 'memory';
  /** How many returns, in their order, some order of the operations explains. A violation: the next one is one too many. */
  readonly verified: number;
  /** Configurations entered. */
  readonly configurations: number;
}

type Outcome = SearchResult['outcome'] | 'given up';

/** Decides one key. O(c · 2^c · n) for c open state-changing operations at worst; about n steps where the history is kind. */
export const search = (automaton: Automaton, timeline: Timeline, limits: Limits): SearchResult =>
  new Search(automaton, timeline).run(limits);

/** Which crashed class can stand in for which, by their places among the crashed classes. */
const coverOf = (automaton: Automaton, { crashedClasses }: Timeline): Int32Array =>
  crashedClasses.map(cls => (automaton.cover[cls]! < 0 ? -1 : crashedClasses.indexOf(automaton.cover[cls]!)));

const empty = -1;
/** Choices of a configuration by cursor: drop the frontier's operation if spare; linearize it; then the others, twice. */
const firstOther = 2;
const exhausted = -1;
/** Rounds between looks at the clock and the memory. */
const checkEvery = 256;
/** Rounds without progress before the search looks back, at first; and only where there are fewer states than this. */
const firstPatience = 512;
const mostStates = 64;

class Search {
  readonly #a: Automaton;
  readonly #t: Timeline;
  readonly #words: number;
  readonly #used: UsedSets;
  readonly #memo: Memo;
  // What is open at the frontier of the configuration at hand: per slot its operation, per class the crashed ones called so far.
  readonly #occupant: Int32Array;
  readonly #open: Int32Array;
  readonly #available: Int32Array;
  #at = 0;
  // The stack of configurations, a row each.
  #depth = 0;
  #frontier = new Int32Array(256);
  #state = new Int32Array(256);
  #usedSet = new Int32Array(256);
  #cursor = new Int32Array(256);
  #done: Int32Array;
  #spare: Int32Array;
  #furthest = 0;
  /** The frontier that is to be reached. */
  #goal: number;
  #entered = 0;
  #rounds = 0;

  constructor(automaton: Automaton, timeline: Timeline) {
    this.#a = automaton;
    this.#t = timeline;
    this.#words = Math.max(1, Math.ceil(timeline.slots / 32));
    this.#used = new UsedSets(coverOf(automaton, timeline));
    this.#memo = new Memo(this.#words, this.#used);
    this.#occupant = new Int32Array(this.#words * 32).fill(empty);
    this.#open = new Int32Array(this.#words);
    this.#available = new Int32Array(timeline.crashedClasses.length);
    this.#done = new Int32Array(256 * this.#words);
    this.#spare = new Int32Array(256 * this.#words);
    this.#goal = timeline.returns.length;
    if (this.#goal > 0) this.#enter(0);
  }

  run(limits: Limits): SearchResult {
    if (this.#goal === 0) return { outcome: 'linearizable', verified: 0, configurations: 0 };
    this.#state[0] = this.#a.initial;
    this.#admitCalls(0, 0);
    const outcome = this.#settle(0) ? 'linearizable' : this.#search(limits, Number.POSITIVE_INFINITY, true);
    return { outcome: outcome === 'given up' ? 'time' : outcome, verified: this.#furthest, configurations: this.#entered };
  }

  /**
   * Whether the last returns alone, up to the one at `frontier`, are a contradiction: of the past before them all is left out, so that
   * they begin in any state, with every open operation spare and nothing of unknown outcome used. That dominates whatever the past can
   * have led to, so a yes is a yes. Tries 2, 4, 8, … returns, for so many rounds in all.
   */
  #lastReturnsFail(frontier: number, rounds: number, limits: Limits): boolean {
    let left = rounds;
    for (let width = 2; width <= Math.max(2, rounds >> 4); width *= 2) {
      const past = new Search(this.#a, this.#t);
      const outcome = past.#fromAnything(Math.max(0, frontier - width), frontier + 1, left, limits);
      left -= past.#rounds;
      if (outcome !== 'linearizable') return outcome === 'violation';
    }
    return false;
  }

  #fromAnything(from: number, to: number, most: number, limits: Limits): Outcome {
    this.#goal = to;
    for (let state = 0; state < this.#a.states!; state++) {
      this.#moveTo(from);
      this.#depth = 0;
      this.#cursor[0] = 0;
      this.#frontier[0] = from;
      this.#state[0] = state;
      this.#usedSet[0] = 0;
      for (let w = 0; w < this.#words; w++) {
        this.#done[w] = 0;
        this.#spare[w] = this.#open[w]!;
      }
      const outcome = this.#settle(0) ? 'linearizable' : this.#search(limits, most, false);
      if (outcome !== 'violation') return outcome;
    }
    return 'violation';
  }

  /** Depth first from the configuration in row 0. Stuck for long, it asks whether the last returns alone are a contradiction. */
  #search(limits: Limits, most: number, mayLookBack: boolean): Outcome {
    const { patience: least = firstPatience } = limits;
    const every = Math.min(checkEvery, least);
    let [furthest, patience, since] = [0, least, 0];
    while (this.#depth >= 0) {
      const round = ++this.#rounds;
      if (round % every === 0) {
        if (round > most) return 'given up';
        if (limits.now() > limits.deadline) return 'time';
        if (outOfMemory(limits, this.#bytes(0), this.#bytes(checkEvery) - this.#bytes(0))) return 'memory';
        if (this.#furthest > furthest) [furthest, patience, since] = [this.#furthest, least, round];
        else if (mayLookBack && round - since > patience && (this.#a.states ?? mostStates) < mostStates) {
          patience *= 4;
          if (this.#lastReturnsFail(furthest, patience, limits)) return 'violation';
        }
      }
      if (this.#advance()) return 'linearizable';
    }
    return 'violation';
  }

  /** One step down, or up where nothing is left to try; true if all is linearized. */
  #advance(): boolean {
    const depth = this.#depth;
    if (!this.#choose(depth)) {
      this.#depth--;
      if (depth > 0) this.#moveTo(this.#frontier[depth - 1]!);
      return false;
    }
    const child = depth + 1;
    if (this.#settle(child)) return true;
    const row = child * this.#words;
    if (this.#memo.admit(this.#frontier[child]!, this.#state[child]!, this.#usedSet[child]!, this.#done, this.#spare, row)) {
      this.#depth = child;
      this.#cursor[child] = 0;
      this.#entered++;
    } else this.#moveTo(this.#frontier[depth]!);
    return false;
  }

  /** Puts the next untried choice of the configuration at `depth` into the row above it; false if none is left. */
  #choose(depth: number): boolean {
    const { cls, slot, returns } = this.#t;
    const x = returns[this.#frontier[depth]!]!;
    const xSlot = slot[x]!;
    const xClass = cls[x]!;
    const state = this.#state[depth]!;
    for (;;) {
      const cursor = this.#cursor[depth]!;
      if (cursor === exhausted) return false;
      this.#cursor[depth] = cursor + 1;
      if (cursor === 0) {
        if (this.#has(this.#spare, depth, xSlot)) {
          this.#copy(depth);
          this.#finish(depth + 1, xSlot);
          return true;
        }
      } else if (cursor === 1) {
        const next = this.#a.step(state, xClass);
        if (next !== illegal && next !== state) {
          this.#linearize(depth, xSlot, xClass, next);
          return true;
        }
      } else if (this.#chooseOther(depth, cursor - firstOther, xSlot, xClass)) return true;
    }
  }

  /** First pass: what makes the frontier's operation legal. Second pass: the rest. */
  #chooseOther(depth: number, index: number, xSlot: number, xClass: number): boolean {
    const { slots, crashedClasses, cls } = this.#t;
    const size = slots + crashedClasses.length;
    const pass = index < size ? 0 : 1;
    const i = index - pass * size;
    if (i >= size) {
      this.#cursor[depth] = exhausted;
      return false;
    }
    const isCrashed = i >= slots;
    if (!isCrashed && (i === xSlot || this.#occupant[i] === empty || this.#has(this.#done, depth, i))) return false;
    const c = isCrashed ? crashedClasses[i - slots]! : cls[this.#occupant[i]!]!;
    if (this.#a.readOnly[c] === 1) return false;
    const state = this.#state[depth]!;
    const next = this.#a.step(state, c);
    if (next === illegal || next === state || (this.#a.step(next, xClass) !== illegal) !== (pass === 0)) return false;
    if (isCrashed) {
      const kind = i - slots;
      if (this.#used.count(this.#usedSet[depth]!, kind) >= this.#available[kind]! || this.#hasTwin(depth, c, 0x7fffffff, true))
        return false;
      this.#linearize(depth, empty, c, next);
      this.#usedSet[depth + 1] = this.#used.with(this.#usedSet[depth]!, kind);
      return true;
    }
    const willBeSpare = this.#a.overwrites[c] === 1 || this.#has(this.#spare, depth, i);
    if (this.#hasTwin(depth, c, this.#t.rank[this.#occupant[i]!]!, willBeSpare)) return false;
    this.#linearize(depth, i, c, next);
    return true;
  }

  /**
   * Whether an open operation of the same class, not done yet, returns earlier, so that it can be used in place of one that returns at
   * `rank`. A spare one can stand in for a pending one only if that becomes spare: the one left over must still be linearized otherwise.
   */
  #hasTwin(depth: number, c: number, rank: number, evenSpare: boolean): boolean {
    const { cls, rank: ranks } = this.#t;
    for (let w = 0; w < this.#words; w++) {
      const row = depth * this.#words + w;
      const out = evenSpare ? this.#done[row]! : this.#done[row]! | this.#spare[row]!;
      for (let bits = this.#open[w]! & ~out; bits !== 0; bits &= bits - 1) {
        const other = this.#occupant[w * 32 + 31 - Math.clz32(bits & -bits)]!;
        if (cls[other] === c && ranks[other]! < rank) return true;
      }
    }
    return false;
  }

  /** The row above `depth`: after an operation of class `c` (in `slot`, or crashed) took the state to `next`. */
  #linearize(depth: number, slot: number, c: number, next: number): void {
    this.#copy(depth);
    const child = depth + 1;
    if (slot !== empty) this.#finish(child, slot);
    this.#state[child] = next;
    this.#markSpare(child, this.#a.overwrites[c] === 1);
  }

  #finish(depth: number, slot: number): void {
    const at = depth * this.#words + (slot >> 5);
    this.#done[at]! |= 1 << (slot & 31);
    this.#spare[at]! &= ~(1 << (slot & 31));
  }

  /** What changes nothing in the present state is spare from now on; after an overwrite, what is legal always, too. */
  #markSpare(depth: number, overwritten: boolean): void {
    const { cls } = this.#t;
    const state = this.#state[depth]!;
    for (let w = 0; w < this.#words; w++) {
      const row = depth * this.#words + w;
      for (let bits = this.#open[w]! & ~this.#done[row]! & ~this.#spare[row]!; bits !== 0; bits &= bits - 1) {
        const c = cls[this.#occupant[w * 32 + 31 - Math.clz32(bits & -bits)]!]!;
        if ((overwritten && this.#a.always[c] === 1) || this.#a.step(state, c) === state) this.#spare[row]! |= bits & -bits;
      }
    }
  }

  /**
   * Moves the configuration's frontier over all operations that are done, and over spare reads; a configuration just made by dropping
   * its frontier's operation has that one marked as done. True if nothing is left.
   */
  #settle(depth: number): boolean {
    const { returns, slot, cls } = this.#t;
    let frontier = this.#frontier[depth]!;
    while (frontier < this.#goal) {
      const x = returns[frontier]!;
      const at = depth * this.#words + (slot[x]! >> 5);
      const bit = 1 << (slot[x]! & 31);
      const isDone = (this.#done[at]! & bit) !== 0 || ((this.#spare[at]! & bit) !== 0 && this.#a.readOnly[cls[x]!] === 1);
      if (!isDone) break;
      this.#done[at]! &= ~bit;
      this.#spare[at]! &= ~bit;
      frontier++;
      this.#moveTo(frontier);
      if (frontier < returns.length) this.#admitCalls(depth, frontier);
    }
    this.#frontier[depth] = frontier;
    if (frontier > this.#furthest) this.#furthest = frontier;
    return frontier >= this.#goal;
  }

  /** Operations called just before this return, as the configuration finds them. */
  #admitCalls(depth: number, frontier: number): void {
    const { calledBefore, cls, slot } = this.#t;
    const state = this.#state[depth]!;
    for (let o = frontier === 0 ? 0 : calledBefore[frontier - 1]!; o < calledBefore[frontier]!; o++) {
      if (this.#a.step(state, cls[o]!) === state) this.#spare[depth * this.#words + (slot[o]! >> 5)]! |= 1 << (slot[o]! & 31);
    }
  }

  /** Makes `occupant`, `open` and `available` those of this frontier. */
  #moveTo(frontier: number): void {
    while (this.#at < frontier) {
      this.#vacate(this.#t.returns[this.#at]!);
      this.#at++;
      if (this.#at < this.#t.returns.length) this.#enter(this.#at);
    }
    while (this.#at > frontier) {
      if (this.#at < this.#t.returns.length) this.#leave(this.#at);
      this.#at--;
      this.#occupy(this.#t.returns[this.#at]!);
    }
  }

  #enter(frontier: number): void {
    const { calledBefore, crashedBefore, crashed } = this.#t;
    for (let o = frontier === 0 ? 0 : calledBefore[frontier - 1]!; o < calledBefore[frontier]!; o++) this.#occupy(o);
    for (let o = frontier === 0 ? 0 : crashedBefore[frontier - 1]!; o < crashedBefore[frontier]!; o++) this.#available[crashed[o]!]!++;
  }

  #leave(frontier: number): void {
    const { calledBefore, crashedBefore, crashed } = this.#t;
    for (let o = frontier === 0 ? 0 : calledBefore[frontier - 1]!; o < calledBefore[frontier]!; o++) this.#vacate(o);
    for (let o = frontier === 0 ? 0 : crashedBefore[frontier - 1]!; o < crashedBefore[frontier]!; o++) this.#available[crashed[o]!]!--;
  }

  #occupy(operation: number): void {
    const slot = this.#t.slot[operation]!;
    this.#occupant[slot] = operation;
    this.#open[slot >> 5]! |= 1 << (slot & 31);
  }

  #vacate(operation: number): void {
    const slot = this.#t.slot[operation]!;
    this.#occupant[slot] = empty;
    this.#open[slot >> 5]! &= ~(1 << (slot & 31));
  }

  /** Copies a row to the one above it. */
  #copy(depth: number): void {
    const child = depth + 1;
    if (child === this.#frontier.length) this.#growStack();
    this.#frontier[child] = this.#frontier[depth]!;
    this.#state[child] = this.#state[depth]!;
    this.#usedSet[child] = this.#usedSet[depth]!;
    const row = depth * this.#words;
    for (let w = 0; w < this.#words; w++) {
      this.#done[row + this.#words + w] = this.#done[row + w]!;
      this.#spare[row + this.#words + w] = this.#spare[row + w]!;
    }
  }

  #growStack(): void {
    const rows = this.#frontier.length * 2;
    this.#frontier = grown(this.#frontier, rows);
    this.#state = grown(this.#state, rows);
    this.#usedSet = grown(this.#usedSet, rows);
    this.#cursor = grown(this.#cursor, rows);
    this.#done = grown(this.#done, rows * this.#words);
    this.#spare = grown(this.#spare, rows * this.#words);
  }

  #has(bits: Int32Array, depth: number, slot: number): boolean {
    return (bits[depth * this.#words + (slot >> 5)]! & (1 << (slot & 31))) !== 0;
  }

  /** Bytes held, and those that the next `soon` configurations may ask for. */
  #bytes(soon: number): number {
    return this.#memo.bytes(soon) + this.#used.bytes() + this.#a.bytes() + this.#frontier.length * (16 + 8 * this.#words);
  }
}
