/**
 * Shrinks a violation to a smallest set of operations that still is one and whose meaning is kept: whatever an operation depends on stays
 * with it. Operations are numbers, ascending in history order.
 */

export interface Shrinkable {
  /** How many operations there are: 0 to `size` - 1. */
  readonly size: number;
  /** Where the contradiction is thought to lie; tried first. */
  readonly suspects: readonly number[];
  /** Operations from the most to the least likely to matter, for when the suspects alone do not suffice. Asked for once at most. */
  likely(): readonly number[];
  /** What must be kept if this is: for a read, the writes that it can have seen. */
  sources(operation: number): readonly number[];
  /** Whether these alone, ascending, are a violation. May say false when it cannot tell in time. */
  fails(operations: readonly number[]): boolean;
  /** True when time is up: what has been reached so far is good enough. */
  expired(): boolean;
}

/**
 * A subset, ascending, that fails and from which no operation (with what depends on it) can be taken without losing the violation, unless
 * time ran out. Assumes that all together fail. Delta debugging (Zeller & Hildebrandt, TSE 2002) on dependency-closed sets.
 */
export const minimise = (problem: Shrinkable): readonly number[] => {
  let kept = firstFailing(problem);
  for (let size = kept.length >> 1; size > 1; size >>= 1) kept = sweep(problem, kept, size);
  for (let before = kept.length + 1; kept.length < before && !problem.expired(); ) {
    before = kept.length;
    kept = sweep(problem, kept, 1);
  }
  return kept;
};

/** The operations and all that they depend on, ascending. Undefined: out of time. */
const closed = ({ sources, expired }: Shrinkable, wanted: Iterable<number>): readonly number[] | undefined => {
  const kept = new Set(wanted);
  let looked = 0;
  for (const operation of kept) {
    if ((++looked & 15) === 0 && expired()) return undefined;
    for (const source of sources(operation)) kept.add(source);
  }
  return [...kept].sort((a, b) => a - b);
};

/** The suspects, then the suspects with 4, 8, 16, … of the likeliest others. */
const firstFailing = (problem: Shrinkable): readonly number[] => {
  const alone = closed(problem, problem.suspects);
  if (alone !== undefined && problem.fails(alone)) return alone;
  const likely = problem.likely();
  for (let more = 4; !problem.expired(); more *= 2) {
    const candidate = closed(problem, [...problem.suspects, ...likely.slice(0, more)]);
    if (candidate === undefined) break;
    if (problem.fails(candidate)) return candidate;
    if (more >= likely.length) break;
  }
  return Array.from({ length: problem.size }, (_, operation) => operation);
};

/**
 * Tries to take away each run of `size` operations, last ones first; whatever the rest depends on comes back. Where that is all of them, what
 * depends on them is taken away, too.
 */
const sweep = (problem: Shrinkable, kept: readonly number[], size: number): readonly number[] => {
  let now = kept;
  for (let end = now.length; end > 0 && !problem.expired(); end = Math.min(end - size, now.length)) {
    const from = Math.max(0, end - size);
    const rest = closed(problem, [...now.slice(0, from), ...now.slice(end)]);
    if (rest === undefined) break;
    const candidate = rest.length < now.length ? rest : independent(problem, now, now.slice(from, end));
    if (candidate.length < now.length && problem.fails(candidate)) now = candidate;
  }
  return now;
};

/** What is left of these when some are gone, and all that depends on them, and on that. */
const independent = ({ sources, expired }: Shrinkable, now: readonly number[], gone: readonly number[]): readonly number[] => {
  const out = new Set(gone);
  for (let before = 0; before < out.size; ) {
    before = out.size;
    if (expired()) return now;
    for (const operation of now) if (!out.has(operation) && sources(operation).some(source => out.has(source))) out.add(operation);
  }
  return now.filter(operation => !out.has(operation));
};
