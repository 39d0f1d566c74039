/** One key's verdict by the cheapest exact method: observations that nothing explains, zones, then the general search. */
import type { Json } from '../../harness/std/json.ts';
import { compile, compileGuards } from './automaton.ts';
import { type Guards, guardsOf } from './guards.ts';
import type { Model } from './model.ts';
import { type Limits, search } from './search.ts';
import { inexplicable, type Sources, sourcesOf } from './sources.ts';
import type { Subject } from './subject.ts';
import { type Times, timelineOf, timesOf } from './timeline.ts';
import { checkByZones } from './zones.ts';

export interface KeyJudgement {
  readonly outcome: 'linearizable' | 'violation' | 'undecided';
  /** `observations`, `zones`, `search`, or the name of a model's own polynomial method. */
  readonly method: string;
  /** Where a violation lies, as places in the key's list: operations of the contradiction, or the first that cannot be explained. */
  readonly suspects: readonly number[];
  /** The suspects are a minimal counterexample as they are. */
  readonly inseparable?: true;
  /** The last operation, by return, that some order explains together with all before it. */
  readonly verifiedUpTo?: number | undefined;
  readonly reason?: 'time' | 'memory';
  readonly configurations?: number;
  /** What was found out about a register-like key on the way. */
  readonly register?: { readonly guards: Guards; readonly sources: Sources };
}

export const judgeKey = <State>(subjects: readonly Subject[], model: Model<State>, limits: Limits): KeyJudgement => {
  const cheaply = judgeCheaply(subjects, model);
  return cheaply.decided ?? cheaply.search(limits);
};

/** What the cheap methods say of a key; where they say nothing, the search remains. */
export type Cheaply = { readonly decided: KeyJudgement } | OpenKey;

export interface OpenKey {
  readonly decided?: undefined;
  readonly search: (limits: Limits) => KeyJudgement;
  /** All that the search needs to know of a register-like key. */
  readonly guards?: Guards;
}

/** What a violation of a register-like key is explained with. */
export const registerOf = (guards: Guards): NonNullable<KeyJudgement['register']> => ({ guards, sources: sourcesOf(guards) });

/** By observations and polynomial methods, O(n log n). */
export const judgeCheaply = <State>(subjects: readonly Subject[], model: Model<State>): Cheaply => {
  const monitored = model.monitor?.(subjects);
  if (monitored !== undefined) return { decided: monitored };
  if (model.assignment === undefined) return { search: limits => judgeBySearch(subjects, model, limits) };
  const guards = guardsOf(model.assignment, model.init as Json, subjects);
  const zones = checkByZones(guards);
  if (zones.outcome === 'linearizable') return { decided: { outcome: 'linearizable', method: 'zones', suspects: [] } };
  const odd = inexplicable(guards);
  if (odd !== undefined) {
    const register = registerOf(guards);
    const suspects = [odd, register.sources.shown(odd), register.sources.overwriter(odd)].filter(i => i !== undefined);
    return { decided: { outcome: 'violation', method: 'observations', suspects, register } };
  }
  if (zones.outcome === 'violation')
    return { decided: { outcome: 'violation', method: 'zones', suspects: zones.suspects, register: registerOf(guards) } };
  return {
    guards,
    search: limits => {
      const found = judgeGuards(guards, limits);
      return found.outcome === 'violation' ? { ...found, register: registerOf(guards) } : found;
    },
  };
};

/** A register-like key by search: its columns say it all. */
export const judgeGuards = (guards: Guards, limits: Limits): KeyJudgement => searched(guards, compileGuards(guards), limits);

/** By the general search alone, whatever the model offers besides. */
export const judgeBySearch = <State>(subjects: readonly Subject[], model: Model<State>, limits: Limits): KeyJudgement =>
  searched(timesOf(subjects), compile(model, subjects), limits);

const searched = (times: Times, automaton: ReturnType<typeof compile>, limits: Limits): KeyJudgement => {
  const timeline = timelineOf(times, automaton);
  const { outcome, verified, configurations } = search(automaton, timeline, limits);
  const at = (frontier: number): number | undefined => timeline.subject[timeline.returns[frontier]!];
  const common = { method: 'search', verifiedUpTo: at(verified - 1), configurations } as const;
  if (outcome === 'violation') return { ...common, outcome, suspects: [at(verified)!] };
  return outcome === 'linearizable'
    ? { ...common, outcome, suspects: [] }
    : { ...common, outcome: 'undecided', reason: outcome, suspects: [] };
};
