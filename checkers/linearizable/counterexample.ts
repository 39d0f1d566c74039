/** From a key's violation to a minimal counterexample with its explanation. */
import type { Anomaly } from '../../harness/protocol/checker.ts';
import { minimise } from '../minimise.ts';
import { explainAnyModel, explainRegister } from './explain.ts';
import { none } from './guards.ts';
import { judgeBySearch, type KeyJudgement } from './judge-key.ts';
import type { Model } from './model.ts';
import type { Limits } from './search.ts';
import type { Sources } from './sources.ts';
import { callOf, indicesOf, type KeyHistory, never, type Subject } from './subject.ts';

/** Shrinking may take this long, and one attempt this long. */
const shrinkMs = 5000;
const attemptMs = 1000;

export const counterexample = <State>(key: KeyHistory, model: Model<State>, judgement: KeyJudgement, limits: Limits): Anomaly => {
  const { subjects } = key;
  const { guards, sources } = judgement.register ?? {};
  const deadline = Math.min(limits.deadline, limits.now() + shrinkMs);
  const attempt = (places: readonly number[]): boolean => {
    const within = { ...limits, deadline: Math.min(deadline, limits.now() + attemptMs) };
    return (
      judgeBySearch(
        places.map(i => subjects[i]!),
        model,
        within,
      ).outcome === 'violation'
    );
  };
  const kept = minimise({
    size: subjects.length,
    suspects: judgement.suspects,
    likely: () => likeliest(subjects, judgement.suspects),
    sources: sources && guards ? place => registerSources(sources, guards.expect, place) : modelSources(model, subjects),
    fails: attempt,
    expired: () => limits.now() > deadline,
  });
  const loose = model as unknown as Model<never>;
  const why =
    guards && sources
      ? explainRegister(loose, { ...key, guards, sources }, kept)
      : explainAnyModel(
          loose,
          key.key,
          kept.map(i => subjects[i]!),
        );
  return {
    type: why.type,
    ...(key.key !== undefined && { key: key.key }),
    operations: indicesOf(kept.map(i => subjects[i]!)),
    explanation: why.explanation,
  };
};

/** What was called before the contradiction was complete, the latest to return first. Unanswered operations come last. */
const likeliest = (subjects: readonly Subject[], suspects: readonly number[]): readonly number[] => {
  const until = Math.max(...suspects.map(place => subjects[place]!.returned).filter(position => position !== never));
  const order = (place: number): number => (subjects[place]!.returned === never ? -1 : subjects[place]!.returned);
  return subjects.flatMap((subject, place) => (subject.called < until ? [place] : [])).sort((a, b) => order(b) - order(a) || b - a);
};

/** Every write that the operation can have seen; if it can have seen none, one that shows what is wrong. */
const registerSources = (sources: Sources, expect: Int32Array, place: number): readonly number[] => {
  if (expect[place] === none) return [];
  const possible = sources.possible(place);
  if (possible.length > 0 || sources.initialPossible(place)) return possible;
  const shown = sources.shown(place);
  return shown === undefined ? [] : [shown];
};

/** Whatever was called before the answer and may show in it. */
const modelSources =
  <State>(model: Model<State>, subjects: readonly Subject[]) =>
  (place: number): readonly number[] => {
    const reader = subjects[place]!;
    const seen = callOf(reader);
    const writers: number[] = [];
    for (let w = 0; w < subjects.length && subjects[w]!.called < reader.returned; w++) {
      const call = callOf(subjects[w]!);
      if (w === place || model.readOnly?.(call)) continue;
      if (model.observes === undefined || model.observes(seen, call)) writers.push(w);
    }
    return writers;
  };
