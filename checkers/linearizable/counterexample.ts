/** From a key's violation to a minimal counterexample with its explanation. */
import type { Anomaly } from '../../harness/protocol/checker.ts';
import { minimise } from '../minimise.ts';
import { valueKey } from '../models/values.ts';
import { type Explanation, explainAnyModel, explainRegister } from './explain.ts';
import { none } from './guards.ts';
import { judgeBySearch, judgeKey, type KeyJudgement } from './judge-key.ts';
import type { Call, Model, Touched } from './model.ts';
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
    const some = places.map(i => subjects[i]!);
    return (model.monitor === undefined ? judgeBySearch : judgeKey)(some, model, within).outcome === 'violation';
  };
  const shrunk = (end: number): readonly number[] =>
    minimise({
      size: subjects.length,
      suspects: judgement.suspects,
      likely: () => likeliest(subjects, judgement.suspects),
      sources: sources && guards ? place => registerSources(sources, guards.expect, place) : sourcesIn(model, subjects, end),
      fails: attempt,
      expired: () => limits.now() > deadline,
    });
  const kept = judgement.inseparable ? judgement.suspects : stable(subjects, judgement.suspects, shrunk);
  const loose = model as unknown as Model<never>;
  const why =
    guards && sources
      ? explainRegister(loose, { ...key, guards, sources }, kept)
      : explainCollected(
          loose,
          key,
          kept.map(i => subjects[i]!),
        );
  return {
    type: why.type,
    ...(key.key !== undefined && { key: key.key }),
    operations: indicesOf(kept.map(i => subjects[i]!)),
    explanation: why.explanation,
  };
};

const explainCollected = (model: Model<never>, { key, failed }: KeyHistory, kept: readonly Subject[]): Explanation =>
  model.explain?.(key, kept, failed) ?? explainAnyModel(model, key, kept);

/** The last answer of these. */
const until = (subjects: readonly Subject[], places: readonly number[]): number =>
  places.reduce((last, place) => (subjects[place]!.returned === never ? last : Math.max(last, subjects[place]!.returned)), -1);

/** What was called before the contradiction was complete, the latest to return first. Unanswered operations come last. */
const likeliest = (subjects: readonly Subject[], suspects: readonly number[]): readonly number[] => {
  const end = until(subjects, suspects);
  const order = (place: number): number => (subjects[place]!.returned === never ? -1 : subjects[place]!.returned);
  return subjects.flatMap((subject, place) => (subject.called < end ? [place] : [])).sort((a, b) => order(b) - order(a) || b - a);
};

/** Every write that the operation can have seen; if it can have seen none, one that shows what is wrong. */
const registerSources = (sources: Sources, expect: Int32Array, place: number): readonly number[] => {
  if (expect[place] === none) return [];
  const possible = sources.possible(place);
  if (possible.length > 0 || sources.initialPossible(place)) return possible;
  const shown = sources.shown(place);
  return shown === undefined ? [] : [shown];
};

/** Shrinks knowing when the contradiction is complete: by the last answer kept, and until that is known by that of the suspects. */
const stable = (
  subjects: readonly Subject[],
  suspects: readonly number[],
  shrunk: (end: number) => readonly number[],
): readonly number[] => {
  for (let end = until(subjects, suspects); ; ) {
    const kept = shrunk(end);
    const last = until(subjects, kept);
    if (last <= end || subjects.every(({ called, returned }) => returned !== never || called < end || called > last)) return kept;
    end = last;
  }
};

const sourcesIn = <State>(model: Model<State>, subjects: readonly Subject[], end: number) =>
  model.touches === undefined ? modelSources(model, subjects) : valueSources(model.touches, subjects, end);

/**
 * All operations of the value that it touches: without them, a collection does as it did before to all others. Where a value was added more often
 * than it was seen to be removed, all that may have removed it before the contradiction was complete as well.
 */
const valueSources = (touches: (call: Call) => Touched, subjects: readonly Subject[], end: number) => {
  const groups = new Map<ReturnType<typeof valueKey>, { readonly places: number[]; left: number }>();
  const anything: number[] = [];
  const touched = subjects.map(subject => touches(callOf(subject)));
  for (const [place, what] of touched.entries()) {
    if (what === 'anything' && subjects[place]!.called < end) anything.push(place);
    if (typeof what === 'string') continue;
    const group = groups.get(valueKey(what.value)) ?? { places: [], left: 0 };
    groups.set(valueKey(what.value), group);
    group.places.push(place);
    group.left += what.adds ? 1 : -1;
  }
  return (place: number): readonly number[] => {
    const what = touched[place]!;
    if (typeof what === 'string') return [];
    const group = groups.get(valueKey(what.value))!;
    return group.left > 0 ? [...group.places, ...anything] : group.places;
  };
};

/** Whatever was called before the answer and may show in it. */
const modelSources =
  <State>(model: Model<State>, subjects: readonly Subject[]) =>
  (place: number): readonly number[] => {
    const reader = subjects[place]!;
    const seen = callOf(reader);
    const writers: number[] = [];
    if (model.always?.(seen)) return writers;
    for (let w = 0; w < subjects.length && subjects[w]!.called < reader.returned; w++) {
      const call = callOf(subjects[w]!);
      if (w === place || model.readOnly?.(call)) continue;
      if (model.observes === undefined || model.observes(seen, call)) writers.push(w);
    }
    return writers;
  };
