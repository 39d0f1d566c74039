/**
 * The general search: Wing & Gong's, with Lowe's just-in-time linearization and memory, over constant-size configurations.
 *
 * It dives: depth first, without any memory, which is all that a kind history needs. Where a dive is stuck, what it left untried goes to
 * an agenda, and the best configurations of the last few returns are tried, a few of each, with a memory of those that were entered
 * (memo.ts); then those of twice as many returns, and so on. Once past the hard part, it dives again. No configuration is ever given up
 * but one that is dominated by another, so the answer is exact either way (proofs in README.md).
 *
 * Sources: Wing & Gong, JPDC 1993; Lowe, "Testing for linearizability", CCPE 2017; Horn & Kroening, FORTE 2015.
 */
import { type Limits as CheckLimits, outOfMemory } from '../limits.ts';
import { Agenda } from './agenda.ts';
import type { Automaton } from './automaton.ts';
import { Memo } from './memo.ts';
import { Open } from './open.ts';
import { Rows } from './rows.ts';
import { exhausted, Successors, tierOf } from './successors.ts';
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
  new Search(automaton, timeline, limits).run();

/** Which crashed class can stand in for which, by their places among the crashed classes. */
const coverOf = (automaton: Automaton, { crashedClasses }: Timeline): Int32Array =>
  crashedClasses.map(cls => (automaton.cover[cls]! < 0 ? -1 : crashedClasses.indexOf(automaton.cover[cls]!)));

/** Rounds between looks at the clock and the memory. */
const checkEvery = 256;
/** Rounds without progress before the search looks back, at first; and only where there are fewer states than this. */
const firstPatience = 512;
const mostStates = 64;
/** Steps back without progress after which a dive is stuck. */
const divesBack = 512;
/** Steps back after which it remembers where it has been: what was entered at this many of the last returns, until so many are past. */
const memoryAfter = 16;
const remembered = 64;
const forgotten = 32;
/** Of one frontier, how many configurations are tried in a pass. */
const width = 8;
/** How many returns a pass goes back, at first, and by how much further the next if it was in vain. */
const firstReach = 4;
const furtherBy = 1.5;
/** Returns behind the one at which a dive was stuck after which another is tried. */
const clearance = 512;
const anyTier = 3;

class Search {
  readonly #a: Automaton;
  readonly #t: Timeline;
  readonly #limits: Limits;
  readonly #used: UsedSets;
  readonly #rows: Rows;
  readonly #open: Open;
  readonly #steps: Successors;
  readonly #patience: number;
  readonly #every: number;
  #memo: Memo | undefined;
  #agenda: Agenda | undefined;
  #entered = 0;
  #rounds = 0;
  /** The rounds after which a search of the last returns gives up. */
  #most = Number.POSITIVE_INFINITY;
  /** As of the last look at the clock: how far the search had come, and in which round. */
  #seen = 0;
  #since = 0;
  #patienceLeft: number;

  constructor(automaton: Automaton, timeline: Timeline, limits: Limits) {
    this.#a = automaton;
    this.#t = timeline;
    this.#limits = limits;
    this.#patience = limits.patience ?? firstPatience;
    this.#patienceLeft = this.#patience;
    this.#every = Math.min(checkEvery, this.#patience);
    this.#used = new UsedSets(coverOf(automaton, timeline));
    this.#rows = new Rows(timeline.slots);
    this.#open = new Open(timeline, this.#rows.words);
    this.#steps = new Successors(automaton, timeline, this.#used, this.#rows, this.#open);
  }

  run(): SearchResult {
    const outcome = this.#steps.begin(0) ? 'linearizable' : (this.#dive() ?? this.#bestFirst(0));
    return { outcome: outcome === 'given up' ? 'time' : outcome, verified: this.#steps.furthest, configurations: this.#entered };
  }

  /** Depth first from row 0. What a dive that is stuck leaves untried goes to the agenda. */
  #dive(): Outcome | undefined {
    const steps = this.#steps;
    const patience = Math.min(divesBack, this.#patience);
    let depth = 0;
    let [furthest, stepsBack, forgetAt] = [steps.furthest, 0, 0];
    this.#open.moveTo(this.#rows.frontier[0]!);
    while (depth >= 0) {
      if (++this.#rounds % this.#every === 0) {
        const over = this.#over();
        if (over !== undefined) return over;
      }
      if (steps.next(depth, anyTier)) {
        if (steps.settle(depth + 1)) return 'linearizable';
        if (steps.furthest > furthest) {
          [furthest, stepsBack] = [steps.furthest, 0];
          if (furthest > forgetAt) forgetAt = 0;
        }
        if (forgetAt === 0 || this.#remember(depth + 1)) {
          depth++;
          this.#entered++;
        } else this.#open.moveTo(this.#rows.frontier[depth]!);
        continue;
      }
      if (--depth < 0) break;
      this.#open.moveTo(this.#rows.frontier[depth]!);
      if (++stepsBack === Math.min(memoryAfter, patience) && forgetAt === 0) {
        forgetAt = furthest + forgotten;
        this.#memo ??= new Memo(this.#rows.words, this.#used);
        for (let row = depth; row >= 0 && this.#rows.frontier[row]! >= furthest - remembered; row--) this.#remember(row);
      }
      if (stepsBack > patience) {
        this.#shelve(depth);
        return undefined;
      }
    }
    return this.#agenda === undefined ? 'violation' : undefined;
  }

  /** Puts the rows of a dive on the agenda. */
  #shelve(depth: number): void {
    this.#agenda ??= new Agenda(this.#t.returns.length, this.#rows.words, this.#used);
    this.#memo ??= new Memo(this.#rows.words, this.#used);
    for (let row = 0; row <= depth; row++) {
      this.#remember(row);
      this.#agenda.put(this.#rows, row);
    }
  }

  #remember(row: number): boolean {
    const { frontier, state, used, done, spare, words } = this.#rows;
    return this.#memo!.admit(frontier[row]!, state[row]!, used[row]!, done, spare, row * words);
  }

  /** Empties the agenda, from `lowest` on: a few configurations of each of the last returns, and of more the longer nothing helps. */
  #bestFirst(lowest: number): Outcome {
    const steps = this.#steps;
    let stuckAt = steps.furthest;
    let furthest = steps.furthest;
    for (let reach = firstReach; ; reach = reach > furthest ? firstReach : Math.ceil(reach * furtherBy)) {
      const from = Math.max(lowest, furthest - reach);
      let tried = 0;
      for (let frontier = from; frontier <= steps.furthest && frontier < steps.goal; frontier++) {
        for (let n = 0; n < width && this.#agenda!.take(frontier, this.#rows, 0); n++, tried++) {
          const past = frontier > stuckAt + Math.min(clearance, this.#patience);
          const outcome = past ? this.#dive() : this.#expand(frontier);
          if (outcome !== undefined) return outcome;
          if (past) stuckAt = steps.furthest;
        }
        if (steps.furthest > furthest) [furthest, reach] = [steps.furthest, firstReach];
      }
      if (tried === 0 && from === lowest) return 'violation';
    }
  }

  /** Tries the next tier of choices of the configuration in row 0; what comes of them, and what is left of it, goes to the agenda. */
  #expand(frontier: number): Outcome | undefined {
    const rows = this.#rows;
    const steps = this.#steps;
    const tier = tierOf(rows.phase[0]!);
    this.#open.moveTo(frontier);
    while (steps.next(0, tier)) {
      if (steps.settle(1)) return 'linearizable';
      if (this.#remember(1)) {
        this.#agenda!.put(rows, 1);
        this.#entered++;
      }
      this.#open.moveTo(frontier);
      if (++this.#rounds % this.#every === 0) {
        const over = this.#over();
        if (over !== undefined) return over;
      }
    }
    if (rows.phase[0] !== exhausted) this.#agenda!.put(rows, 0);
    return undefined;
  }

  /** Whether a limit is reached; or, stuck for long, whether the last returns alone are a contradiction. */
  #over(): Outcome | undefined {
    const { now, deadline } = this.#limits;
    const held = this.#bytes(0);
    if (this.#rounds > this.#most) return 'given up';
    if (now() > deadline) return 'time';
    if (outOfMemory(this.#limits, held, this.#bytes(checkEvery) - held)) return 'memory';
    const furthest = this.#steps.furthest;
    if (furthest > this.#seen) {
      [this.#seen, this.#since, this.#patienceLeft] = [furthest, this.#rounds, this.#patience];
    } else if (this.#mayLookBack() && this.#rounds - this.#since > this.#patienceLeft) {
      this.#patienceLeft *= 4;
      if (this.#lastReturnsFail(furthest, this.#patienceLeft)) return 'violation';
    }
    return undefined;
  }

  #mayLookBack(): boolean {
    return this.#most === Number.POSITIVE_INFINITY && (this.#a.states ?? mostStates) < mostStates;
  }

  /**
   * Whether the last returns alone, up to the one at `frontier`, are a contradiction: of the past before them all is left out, so that
   * they begin in any state, with every open operation spare and nothing of unknown outcome used. That dominates whatever the past can
   * have led to, so a yes is a yes. Tries 2, 4, 8, … returns, for so many rounds in all.
   */
  #lastReturnsFail(frontier: number, rounds: number): boolean {
    let left = rounds;
    for (let back = 2; back <= Math.max(2, rounds >> 4); back *= 2) {
      const past = new Search(this.#a, this.#t, this.#limits);
      const outcome = past.#fromAnything(Math.max(0, frontier - back), frontier + 1, left);
      left -= past.#rounds;
      if (outcome !== 'linearizable') return outcome === 'violation';
    }
    return false;
  }

  #fromAnything(from: number, to: number, most: number): Outcome {
    this.#most = most;
    this.#steps.goal = to;
    for (let state = 0; state < this.#a.states!; state++) {
      if (this.#steps.beginAnywhere(0, from, state)) return 'linearizable';
      this.#shelve(0);
    }
    return this.#bestFirst(from);
  }

  /** Bytes held, and those that the next `soon` configurations may ask for. */
  #bytes(soon: number): number {
    const tables = (this.#memo?.bytes(soon) ?? 0) + (this.#agenda?.bytes(soon) ?? 0);
    return tables + this.#rows.bytes() + this.#used.bytes() + this.#a.bytes();
  }
}
