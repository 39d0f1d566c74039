/** One key's verdict by the cheapest exact method: observations that nothing explains, zones, then the general search. */
import type { Json } from '../../harness/std/json.ts';
import { compile, compileGuards } from './automaton.ts';
import { type Guards, guardsOf } from './guards.ts';
import type { Model } from './model.ts';
import { type Limits, search } from './search.ts';
import { inexplicable, type Sources, sourcesOf } from './sources.ts';
import type { Subject } from './subject.ts';
import { timelineOf } from './timeline.ts';
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
  const monitored = model.monitor?.(subjects);
  if (monitored !== undefined) return monitored;
  if (model.assignment === undefined) return judgeBySearch(subjects, model, limits);
  const guards = guardsOf(model.assignment, model.init as Json, subjects);
  const zones = checkByZones(guards);
  if (zones.outcome === 'linearizable') return { outcome: 'linearizable', method: 'zones', suspects: [] };
  const sources = sourcesOf(guards);
  const register = { guards, sources };
  const odd = inexplicable(guards, sources);
  if (odd !== undefined) {
    return {
      outcome: 'violation',
      method: 'observations',
      suspects: [odd, sources.shown(odd), sources.overwriter(odd)].filter(i => i !== undefined),
      register,
    };
  }
  if (zones.outcome === 'violation') return { outcome: 'violation', method: 'zones', suspects: zones.suspects, register };
  const found = searched(subjects, compileGuards(guards), limits);
  return found.outcome === 'violation' ? { ...found, register } : found;
};

/** By the general search alone, whatever the model offers besides. */
export const judgeBySearch = <State>(subjects: readonly Subject[], model: Model<State>, limits: Limits): KeyJudgement =>
  searched(subjects, compile(model, subjects), limits);

const searched = (subjects: readonly Subject[], automaton: ReturnType<typeof compile>, limits: Limits): KeyJudgement => {
  const timeline = timelineOf(subjects, automaton);
  const { outcome, verified, configurations } = search(automaton, timeline, limits);
  const at = (frontier: number): number | undefined => timeline.subject[timeline.returns[frontier]!];
  const common = { method: 'search', verifiedUpTo: at(verified - 1), configurations } as const;
  if (outcome === 'violation') return { ...common, outcome, suspects: [at(verified)!] };
  return outcome === 'linearizable'
    ? { ...common, outcome, suspects: [] }
    : { ...common, outcome: 'undecided', reason: outcome, suspects: [] };
};
