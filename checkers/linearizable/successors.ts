/**
 * One step of the search: what can be done in a configuration, one choice after another, and what it makes of it. No allocation.
 *
 * The frontier's operation must be linearized now, perhaps behind some of the other open operations. What keeps the choices few (proofs
 * in README.md):
 *  - an open operation that would change nothing in the present state becomes `spare`: linearized at this moment without any effect if
 *    that suits later. A read needs no more than that, so reads never branch;
 *  - when a blind write (`overwrites`) is linearized, every open operation that is legal in all states becomes spare likewise: put just
 *    before it, its effect is overwritten at once. This is the configuration's `moment`. Later on, a write that was open then may still be
 *    put there for the sake of reads that were open then (a _flash_): they are settled, and the present state does not change;
 *  - of open operations of one class only the one that returns first is tried, and an unknown-outcome one only when no live one is open.
 */
import { type Automaton, illegal } from './automaton.ts';
import { empty, type Open } from './open.ts';
import { lowestBit, noMoment, type Rows } from './rows.ts';
import type { Timeline } from './timeline.ts';
import type { UsedSets } from './used-sets.ts';

/** Kinds of choices, in the order of trying them. */
const drop = 0;
const own = 1;
const flashLive = 2; // then 3: what makes the frontier's operation legal
const flashCrashed = 4;
const enableCrashed = 5;
const otherLive = 6;
const otherCrashed = 7;
export const exhausted = 8;

/** What choices cost: the frontier's own and those that serve it, those that take an unknown outcome, the rest. */
const tiers = [0, 0, 0, 0, 1, 1, 2, 3, 4];
export const tierOf = (phase: number): number => tiers[phase]!;

const anyRank = 0x7fffffff;

export class Successors {
  readonly #a: Automaton;
  readonly #t: Timeline;
  readonly #used: UsedSets;
  readonly #rows: Rows;
  readonly #open: Open;
  /** The frontier that is to be reached, and the furthest that was. */
  goal: number;
  furthest = 0;

  constructor(automaton: Automaton, timeline: Timeline, used: UsedSets, rows: Rows, open: Open) {
    this.#a = automaton;
    this.#t = timeline;
    this.#used = used;
    this.#rows = rows;
    this.#open = open;
    this.goal = timeline.returns.length;
  }

  /** Makes `row` the beginning of the history. True if nothing is left to do. */
  begin(row: number): boolean {
    this.place(row, 0, this.#a.initial);
    this.#admitCalls(row, 0);
    return this.settle(row);
  }

  /** Makes `row` a configuration in which all open operations are spare: nothing that is known of the past is better. */
  beginAnywhere(row: number, frontier: number, state: number): boolean {
    this.place(row, frontier, state);
    this.#open.moveTo(frontier);
    for (let w = 0; w < this.#rows.words; w++) this.#rows.spare[row * this.#rows.words + w] = this.#open.bits[w]!;
    return this.settle(row);
  }

  place(row: number, frontier: number, state: number): void {
    const rows = this.#rows;
    rows.frontier[row] = frontier;
    rows.state[row] = state;
    rows.used[row] = 0;
    rows.moment[row] = noMoment;
    rows.phase[row] = 0;
    rows.index[row] = 0;
    for (let at = row * rows.words; at < (row + 1) * rows.words; at++) {
      rows.done[at] = 0;
      rows.spare[at] = 0;
    }
  }

  /** Puts the next untried choice of `row`, of a tier up to this one, into the row above it; false if none is left. */
  next(row: number, tier: number): boolean {
    const { cls, slot, returns } = this.#t;
    const rows = this.#rows;
    const x = returns[rows.frontier[row]!]!;
    const xClass = cls[x]!;
    for (;;) {
      const phase = rows.phase[row]!;
      if (phase === exhausted || tiers[phase]! > tier) return false;
      if (phase > own) {
        const isCrashed = phase === flashCrashed || phase === enableCrashed || phase === otherCrashed;
        if (isCrashed ? this.#chooseCrashed(row, phase, x, xClass) : this.#chooseLive(row, phase, x, xClass)) return true;
        rows.index[row] = 0;
        rows.phase[row] = phase + 1;
        continue;
      }
      rows.phase[row] = phase + 1;
      if (phase === drop ? this.#drop(row, x, slot[x]!, xClass) : this.#takeOwn(row, slot[x]!, xClass)) return true;
    }
  }

  /** A spare operation returns: it has had no effect, but for what reads can have seen of it. */
  #drop(row: number, x: number, xSlot: number, xClass: number): boolean {
    const rows = this.#rows;
    if (!rows.isSpare(row, xSlot)) return false;
    rows.copyUp(row);
    rows.markDone(row + 1, xSlot);
    if (this.#a.overwrites[xClass] === 1 && x < this.#openAtMoment(row)) this.#flash(row + 1, this.#a.step(rows.state[row]!, xClass));
    return true;
  }

  #takeOwn(row: number, xSlot: number, xClass: number): boolean {
    const state = this.#rows.state[row]!;
    const next = this.#a.step(state, xClass);
    if (next === illegal || next === state) return false;
    this.#linearize(row, xSlot, xClass, next);
    return true;
  }

  /** An open operation that changes the state: so that the frontier's becomes legal, or, at last, for any other reason. */
  #chooseLive(row: number, phase: number, x: number, xClass: number): boolean {
    const flash = phase === flashLive;
    const oldest = flash ? this.#openAtMoment(row) : 0;
    if (flash && (x >= oldest || this.#a.readOnly[xClass] === 0)) return false;
    const { cls, rank } = this.#t;
    const { readOnly, overwrites } = this.#a;
    const rows = this.#rows;
    const state = rows.state[row]!;
    for (let i = rows.index[row]!, w = i >> 5; w < rows.words; w++, i = w << 5) {
      for (let bits = this.#open.bits[w]! & ~rows.done[row * rows.words + w]! & (-1 << (i & 31)); bits !== 0; bits &= bits - 1) {
        const slot = (w << 5) + lowestBit(bits);
        const o = this.#open.occupant[slot]!;
        const c = cls[o]!;
        if (o === x || readOnly[c] === 1 || (flash && (overwrites[c] === 0 || o >= oldest))) continue;
        const next = this.#a.step(state, c);
        if (!this.#serves(state, next, xClass, phase !== otherLive)) continue;
        if (this.#hasTwin(row, c, rank[o]!, overwrites[c] === 1 || rows.isSpare(row, slot))) continue;
        rows.index[row] = slot + 1;
        if (flash) this.#flashUp(row, slot, next);
        else this.#linearize(row, slot, c, next);
        return true;
      }
    }
    return false;
  }

  #chooseCrashed(row: number, phase: number, x: number, xClass: number): boolean {
    const { crashedClasses, crashedAt } = this.#t;
    const { overwrites } = this.#a;
    const rows = this.#rows;
    const flash = phase === flashCrashed;
    if (flash && (x >= this.#openAtMoment(row) || this.#a.readOnly[xClass] === 0)) return false;
    const state = rows.state[row]!;
    for (let kind = rows.index[row]!; kind < crashedClasses.length; kind++) {
      if (this.#open.available[kind] === 0) continue;
      const c = crashedClasses[kind]!;
      if (flash && overwrites[c] === 0) continue;
      const next = this.#a.step(state, c);
      if (!this.#serves(state, next, xClass, phase !== otherCrashed)) continue;
      const used = this.#used.count(rows.used[row]!, kind);
      if (used >= this.#open.available[kind]! || (flash && crashedAt[kind]![used]! > rows.moment[row]!)) continue;
      if (this.#hasTwin(row, c, anyRank, true)) continue;
      rows.index[row] = kind + 1;
      if (flash) this.#flashUp(row, empty, next);
      else this.#linearize(row, empty, c, next);
      rows.used[row + 1] = this.#used.with(rows.used[row]!, kind);
      return true;
    }
    return false;
  }

  /** Whether the step to `next` changes something, and makes the frontier's operation legal, or not, as is asked for. */
  #serves(state: number, next: number, xClass: number, enabling: boolean): boolean {
    return next !== illegal && next !== state && (this.#a.step(next, xClass) !== illegal) === enabling;
  }

  /**
   * Whether an open operation of the same class, not done yet, returns earlier, so that it can be used in place of one that returns at
   * `rank`. A spare one can stand in for a pending one only if that becomes spare: the one left over must still be linearized otherwise.
   */
  #hasTwin(row: number, c: number, rank: number, evenSpare: boolean): boolean {
    const { cls, rank: ranks } = this.#t;
    const { words, done, spare } = this.#rows;
    for (let w = 0; w < words; w++) {
      const at = row * words + w;
      const out = evenSpare ? done[at]! : done[at]! | spare[at]!;
      for (let bits = this.#open.bits[w]! & ~out; bits !== 0; bits &= bits - 1) {
        const other = this.#open.occupant[(w << 5) + lowestBit(bits)]!;
        if (cls[other] === c && ranks[other]! < rank) return true;
      }
    }
    return false;
  }

  /** The row above: after an operation of class `c` (in `slot`, or crashed) took the state to `next`. */
  #linearize(row: number, slot: number, c: number, next: number): void {
    const rows = this.#rows;
    rows.copyUp(row);
    const child = row + 1;
    if (slot !== empty) rows.markDone(child, slot);
    rows.state[child] = next;
    const overwritten = this.#a.overwrites[c] === 1;
    if (overwritten) rows.moment[child] = rows.frontier[child]!;
    this.#markSpare(child, overwritten);
  }

  /** What changes nothing in the present state is spare from now on; after an overwrite, what is legal always, too. */
  #markSpare(row: number, overwritten: boolean): void {
    const { cls } = this.#t;
    const { words, done, spare, state: states } = this.#rows;
    const state = states[row]!;
    for (let w = 0; w < words; w++) {
      const at = row * words + w;
      for (let bits = this.#open.bits[w]! & ~done[at]! & ~spare[at]!; bits !== 0; bits &= bits - 1) {
        const c = cls[this.#open.occupant[(w << 5) + lowestBit(bits)]!]!;
        if ((overwritten && this.#a.always[c] === 1) || this.#a.step(state, c) === state) spare[at]! |= bits & -bits;
      }
    }
  }

  /** Operations numbered below this one, and still open, were open at the last moment at which a blind write was linearized. */
  #openAtMoment(row: number): number {
    const moment = this.#rows.moment[row]!;
    return moment === noMoment ? 0 : this.#t.calledBefore[moment]!;
  }

  /** The row above: a blind write was put just before the last one, for the sake of reads. */
  #flashUp(row: number, slot: number, flashed: number): void {
    this.#rows.copyUp(row);
    if (slot !== empty) this.#rows.markDone(row + 1, slot);
    this.#flash(row + 1, flashed);
  }

  #flash(row: number, flashed: number): void {
    const { cls } = this.#t;
    const { readOnly } = this.#a;
    const { words, done, spare } = this.#rows;
    const oldest = this.#openAtMoment(row);
    for (let w = 0; w < words; w++) {
      const at = row * words + w;
      for (let bits = this.#open.bits[w]! & ~done[at]! & ~spare[at]!; bits !== 0; bits &= bits - 1) {
        const o = this.#open.occupant[(w << 5) + lowestBit(bits)]!;
        if (o < oldest && readOnly[cls[o]!] === 1 && this.#a.step(flashed, cls[o]!) === flashed) spare[at]! |= bits & -bits;
      }
    }
  }

  /**
   * Moves the configuration's frontier over all operations that are done, and over spare reads; a configuration just made by dropping
   * its frontier's operation has that one marked as done. True if nothing is left.
   */
  settle(row: number): boolean {
    const { returns, slot, cls } = this.#t;
    const { done, spare, words } = this.#rows;
    let frontier = this.#rows.frontier[row]!;
    while (frontier < this.goal) {
      const x = returns[frontier]!;
      const at = row * words + (slot[x]! >> 5);
      const bit = 1 << (slot[x]! & 31);
      if ((done[at]! & bit) === 0 && ((spare[at]! & bit) === 0 || this.#a.readOnly[cls[x]!] === 0)) break;
      done[at]! &= ~bit;
      spare[at]! &= ~bit;
      frontier++;
      this.#open.moveTo(frontier);
      if (frontier < returns.length) this.#admitCalls(row, frontier);
    }
    this.#rows.frontier[row] = frontier;
    if (frontier > this.furthest) this.furthest = frontier;
    return frontier >= this.goal;
  }

  /** Operations called just before this return, as the configuration finds them. */
  #admitCalls(row: number, frontier: number): void {
    const { calledBefore, cls, slot } = this.#t;
    const { spare, words, state: states } = this.#rows;
    const state = states[row]!;
    for (let o = frontier === 0 ? 0 : calledBefore[frontier - 1]!; o < calledBefore[frontier]!; o++) {
      if (this.#a.step(state, cls[o]!) === state) spare[row * words + (slot[o]! >> 5)]! |= 1 << (slot[o]! & 31);
    }
  }
}
