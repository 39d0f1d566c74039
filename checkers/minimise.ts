/**
 * Shrinks a violation to a smallest set of items that still is one and whose meaning is kept: whatever an item depends on stays with it.
 */

export interface Shrinkable<T> {
  /** All items, in history order. */
  readonly items: readonly T[];
  /** Where the contradiction is thought to lie; tried first. */
  readonly suspects: readonly T[];
  /** Items from the most to the least likely to matter, for when the suspects alone do not suffice. */
  readonly likely: readonly T[];
  /** What must be kept if this is: for a read, the writes that it can have seen. */
  sources(item: T): readonly T[];
  /** Whether these items alone are a violation. May say false when it cannot tell in time. */
  fails(items: readonly T[]): boolean;
  /** True when time is up: what has been reached so far is good enough. */
  expired(): boolean;
}

/**
 * A subset that fails and from which no item (with what depends on it) can be taken without losing the violation, unless time ran out.
 * Assumes that all items together fail. Delta debugging (Zeller & Hildebrandt, TSE 2002) on dependency-closed sets.
 */
export const minimise = <T>(problem: Shrinkable<T>): readonly T[] => {
  let kept = firstFailing(problem);
  for (let size = kept.length >> 1; size > 1; size >>= 1) kept = sweep(problem, kept, size);
  for (let before = kept.length + 1; kept.length < before && !problem.expired(); ) {
    before = kept.length;
    kept = sweep(problem, kept, 1);
  }
  return kept;
};

/** The items and all that they depend on, in the order of `items`. */
const closed = <T>({ items, sources }: Shrinkable<T>, wanted: Iterable<T>): readonly T[] => {
  const kept = new Set<T>(wanted);
  for (const item of kept) for (const source of sources(item)) kept.add(source);
  return items.filter(item => kept.has(item));
};

const firstFailing = <T>(problem: Shrinkable<T>): readonly T[] => {
  const { items, suspects, likely } = problem;
  for (let more = 0; !problem.expired(); more = more === 0 ? 4 : more * 2) {
    const candidate = closed(problem, [...suspects, ...likely.slice(0, more)]);
    if (candidate.length > 0 && problem.fails(candidate)) return candidate;
    if (more >= likely.length) break;
  }
  return items;
};

/** Tries to take away each run of `size` items, last ones first; whatever the rest depends on comes back. */
const sweep = <T>(problem: Shrinkable<T>, kept: readonly T[], size: number): readonly T[] => {
  let now = kept;
  for (let end = now.length; end > 0 && !problem.expired(); end -= size) {
    const from = Math.max(0, end - size);
    const gone = new Set(now.slice(from, end));
    const candidate = closed(
      problem,
      now.filter(item => !gone.has(item)),
    );
    if (candidate.length < now.length && problem.fails(candidate)) now = candidate;
    end = Math.min(end, now.length + size);
  }
  return now;
};
