/**
 * A minimal counterexample of an object whose answers show much: few operations contradict each other, and each keeps all that its answer may
 * show, which may be thousands. So only those few are tried, and the rest comes and goes with them.
 */
import type { Monitored } from '../model.ts';
import { never, type Subject } from '../subject.ts';

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
  let core = early(subjects, found, judge).suspects;
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

const shortest = 8;

/**
 * The violation of a beginning of the history, where answers show less: of the first in a row of beginnings, each twice as long, that is one. What
 * is open at its end counts as unknown, so whatever violates there does so in the whole (README, Online). Costs no more than judging the whole again.
 */
const early = (
  subjects: readonly Subject[],
  found: Monitored,
  judge: (subjects: readonly Subject[]) => Monitored | undefined,
): Monitored => {
  for (let size = shortest; size < subjects.length; size *= 2) {
    const end = subjects[size]!.called;
    const beginning = subjects
      .slice(0, size)
      .map(
        (subject): Subject =>
          subject.returned < end
            ? subject
            : { invoke: subject.invoke, completion: undefined, called: subject.called, returned: never, client: subject.client },
      );
    const judged = judge(beginning);
    if (judged?.outcome === 'violation') return judged;
  }
  return found;
};

/** Places as a closure gives them. */
export const ascending = (places: Iterable<number>): readonly number[] => [...new Set(places)].sort((a, b) => a - b);
