/**
 * A minimal counterexample of an object whose answers show much: few operations contradict each other, and each keeps all that its answer may
 * show, which may be thousands. So only those few are tried, and the rest comes and goes with them.
 */
import type { Monitored } from '../model.ts';
import type { Subject } from '../subject.ts';

/** All that these depend on, with themselves; places, ascending, each once. */
export type Closure = (places: readonly number[]) => readonly number[];

/** The violation by these operations, with what they depend on, from which none can be taken away on which no other depends. What is left without one is judged anew. */
export const withWitness = (
  subjects: readonly Subject[],
  found: Monitored,
  closure: Closure,
  judge: (subjects: readonly Subject[]) => Monitored | undefined,
): Monitored => {
  const judgeSome = (places: readonly number[]): readonly number[] | undefined => {
    const again = judge(places.map(place => subjects[place]!));
    return again?.outcome === 'violation' ? again.suspects.map(at => places[at]!) : undefined;
  };
  let core = found.suspects;
  let kept = closure(core);
  if (judgeSome(kept) === undefined) return found;
  for (let at = 0; at < core.length; ) {
    const place = core[at]!;
    const isNeeded = closure(core.filter(other => other !== place)).includes(place);
    const smaller = isNeeded ? undefined : judgeSome(kept.filter(other => other !== place));
    at = smaller === undefined ? at + 1 : 0;
    core = smaller ?? core;
    kept = smaller === undefined ? kept : closure(core);
  }
  return { ...found, suspects: kept, inseparable: true };
};

/** Places as a closure gives them. */
export const ascending = (places: Iterable<number>): readonly number[] => [...new Set(places)].sort((a, b) => a - b);
