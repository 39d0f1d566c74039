/**
 * Vector clocks for very many sessions. A clock is a tree of small blocks of counters, and clocks share every block in which they agree: what is
 * long past is the same for all, so a clock costs what is new in it, and two clocks are compared where they differ and nowhere else. With few
 * sessions a clock is one block. The idea of comparing only what can differ is that of tree clocks (Mathur et al., ASPLOS 2022); sharing
 * by path copying is Driscoll et al., JCSS 1989.
 */

/** Counters, or children, per block. */
const width = 16;
const bits = 4;

/** Where a clock has more than another: by session, what the one and the other say. Valid until the next comparison. */
export interface Difference {
  readonly session: Int32Array;
  readonly more: Int32Array;
  readonly less: Int32Array;
}

/** Clocks are numbers; 0 is the empty one. None is ever changed. */
export interface ClockStore {
  get(clock: number, session: number): number;
  /** The clock with this counter raised to at least `count`. */
  raised(clock: number, session: number, count: number): number;
  /** The greater of the two everywhere. */
  joined(a: number, b: number): number;
  readonly difference: Difference;
  /** Fills `difference` with all sessions of which `a` has more than `b`; returns how many. */
  beyond(a: number, b: number): number;
  readonly bytes: number;
}

/** `joined` and `raised` throw `outOfMemory` rather than grow beyond the limit. */
export const clockStore = (sessions: number, memoryBytes: number): ClockStore => {
  let depth = 0;
  for (let reach = width; reach < sessions; reach *= width) depth++;
  let blocks = new Int32Array(width * 256);
  let end = width;
  /** A block in the making for each depth. */
  const making = new Int32Array(width * (depth + 1));
  const difference: Difference = {
    session: new Int32Array(sessions),
    more: new Int32Array(sessions),
    less: new Int32Array(sessions),
  };
  let differences = 0;
  const keep = (from: Int32Array, at: number): number => {
    if (end + width > blocks.length) {
      const size = Math.ceil((blocks.length * 1.6) / width) * width;
      if ((size + blocks.length) * 4 > memoryBytes) throw outOfMemory;
      const more = new Int32Array(size);
      more.set(blocks);
      blocks = more;
    }
    for (let i = 0; i < width; i++) blocks[end + i] = from[at + i]!;
    end += width;
    return end - width;
  };
  const join = (a: number, b: number, level: number): number => {
    if (a === b || b === 0) return a;
    if (a === 0) return b;
    const at = level * width;
    let [isA, isB] = [true, true];
    for (let i = 0; i < width; i++) {
      const x = blocks[a + i]!;
      const y = blocks[b + i]!;
      const both = x === y ? x : level === 0 ? Math.max(x, y) : join(x, y, level - 1);
      if (both !== x) isA = false;
      if (both !== y) isB = false;
      making[at + i] = both;
    }
    return isA ? a : isB ? b : keep(making, at);
  };
  const raise = (clock: number, session: number, count: number, level: number): number => {
    const slot = (session >>> (bits * level)) & (width - 1);
    const held = blocks[clock + slot]!;
    const now = level === 0 ? Math.max(count, held) : raise(held, session, count, level - 1);
    if (now === held) return clock;
    const at = level * width;
    for (let i = 0; i < width; i++) making[at + i] = blocks[clock + i]!;
    making[at + slot] = now;
    return keep(making, at);
  };
  const differ = (a: number, b: number, level: number, first: number): void => {
    if (a === b || a === 0) return;
    for (let i = 0; i < width; i++) {
      const x = blocks[a + i]!;
      const y = blocks[b + i]!;
      if (x === y) continue;
      if (level > 0) differ(x, y, level - 1, first + (i << (bits * level)));
      else if (x > y) {
        difference.session[differences] = first + i;
        difference.more[differences] = x;
        difference.less[differences++] = y;
      }
    }
  };
  return {
    get: (clock, session) => {
      let at = clock;
      for (let level = depth; level > 0; level--) at = blocks[at + ((session >>> (bits * level)) & (width - 1))]!;
      return blocks[at + (session & (width - 1))]!;
    },
    raised: (clock, session, count) => raise(clock, session, count, depth),
    joined: (a, b) => join(a, b, depth),
    difference,
    beyond: (a, b) => {
      differences = 0;
      differ(a, b, depth, 0);
      return differences;
    },
    get bytes() {
      return blocks.length * 4;
    },
  };
};

export const outOfMemory: unique symbol = Symbol('no memory is left for clocks');
