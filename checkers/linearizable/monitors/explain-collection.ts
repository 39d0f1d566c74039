/**
 * Why a few operations on a collection are a violation, in prose. The names of the anomalies are those of the queue checkers (properties/queue.ts);
 * in the order of the patterns of Bouajjani et al. (ICALP 2015): fresh, repeated, out of order, witness of emptiness.
 */
import type { Key } from '../../../harness/history/event.ts';
import type { Json } from '../../../harness/std/json.ts';
import { sameValue, show } from '../../models/values.ts';
import { by, type Explanation, moment, returnOf, span } from '../explain.ts';
import { callOf, never, type Subject } from '../subject.ts';
import { chainOver, type Elements, elementsOf, isViolation, none, type Verbs } from './elements.ts';

/** What a collection is called, what its operations are, and which of two values may not leave before the other. */
export interface Collection {
  readonly name: string;
  readonly verbs: Verbs;
  /** `dequeued`, `enqueued`. */
  readonly removed: string;
  readonly added: string;
  /** Whether `early`, removed first, wrongly overtook `late`, both certainly in it at the time; and why that is wrong. */
  readonly wrong: ((elements: Elements, early: number, late: number, values: readonly Json[]) => string | undefined) | undefined;
}

export const explainCollection =
  (collection: Collection) =>
  (key: Key | undefined, kept: readonly Subject[], failed: readonly Subject[]): Explanation | undefined => {
    const scene: Scene = { ...collection, key, kept, failed };
    return unexpected(scene) ?? duplicated(scene) ?? placed(scene);
  };

interface Scene extends Collection {
  readonly key: Key | undefined;
  readonly kept: readonly Subject[];
  readonly failed: readonly Subject[];
}

const told = (subject: Subject): string => {
  const { f, input, output } = callOf(subject);
  const what = input === null && output !== undefined ? `${f} -> ${show(output)}` : input === null ? f : `${f} ${show(input)}`;
  return `${what} (${by(subject)}, ${span(subject)})`;
};

const takenOut = ({ kept, verbs }: Scene): Subject[] =>
  kept.filter(({ invoke, completion }) => invoke.f === verbs.remove && completion?.type === 'ok' && completion.value !== null);

const putIn = ({ kept, verbs }: Scene, value: Json): Subject[] =>
  kept.filter(({ invoke: { f, value: input } }) => f === verbs.add && sameValue(input, value));

/** A value came out that had not been put in. */
const unexpected = (scene: Scene): Explanation | undefined => {
  for (const removal of takenOut(scene)) {
    const value = callOf(removal).output!;
    const additions = putIn(scene, value);
    if (additions.some(({ called }) => called < removal.returned)) continue;
    const type = 'unexpected';
    const first = additions[0];
    if (first !== undefined) {
      const explanation = `${told(removal)}${of(scene)} had returned before ${show(value)} was first asked to be ${scene.added}, at ${moment(first.invoke)} (${by(first)}).`;
      return { type, explanation };
    }
    const failure = scene.failed.find(({ invoke: { f, value: input } }) => f === scene.verbs.add && sameValue(input, value));
    const why =
      failure === undefined
        ? `${show(value)} was never ${scene.added}`
        : `the only operation that would have ${scene.added} ${show(value)} failed: ${told(failure)}`;
    return { type, explanation: `${told(removal)}${of(scene)}, but ${why}.` };
  }
  return undefined;
};

/** A value came out more often than it was put in. */
const duplicated = (scene: Scene): Explanation | undefined => {
  for (const removal of takenOut(scene)) {
    const value = callOf(removal).output!;
    const additions = putIn(scene, value);
    const removals = takenOut(scene).filter(other => sameValue(callOf(other).output!, value));
    if (removals.length <= additions.length) continue;
    const times = additions.length === 1 ? 'only once' : `only ${additions.length} times`;
    return {
      type: 'duplicated',
      explanation: `${show(value)} was ${scene.removed} ${removals.length} times${of(scene)}, by ${removals.map(other => `${by(other)} (${span(other)})`).join(', ')}, but ${scene.added} ${times}: ${additions.map(told).join(', ')}.`,
    };
  }
  return undefined;
};

/** Where each value was put in once: one that overtook another, or a collection found empty that was not. */
const placed = (scene: Scene): Explanation | undefined => {
  const elements = elementsOf(scene.kept, scene.verbs, '');
  if (elements === undefined || isViolation(elements)) return undefined;
  return overtaken(scene, elements) ?? falseEmpty(scene, elements);
};

const overtaken = (scene: Scene, elements: Elements): Explanation | undefined => {
  if (scene.wrong === undefined || elements.lost.place.length > 0) return undefined;
  const { size, add, remove, removeReturned, removeCalled } = elements;
  const values = Array.from(add, place => scene.kept[place]!.invoke.value);
  for (let late = 0; late < size; late++) {
    for (let early = 0; early < size; early++) {
      if (early === late || remove[early] === none || removeReturned[early]! >= removeCalled[late]!) continue;
      const why = scene.wrong(elements, early, late, values);
      if (why === undefined) continue;
      const [a, b] = [scene.kept[add[early]!]!, scene.kept[add[late]!]!];
      const [first, second] = [callOf(a).input, callOf(b).input].map(show);
      const out = scene.kept[remove[early]!]!;
      const after =
        remove[late] === none ? `${second} was never ${scene.removed}` : `${told(scene.kept[remove[late]!]!)} was called only after that`;
      return {
        type: 'reordered',
        explanation: `${first} was ${scene.removed} before ${second}${of(scene)}, although ${why}: ${told(b)}, ${told(a)}; ${told(out)} had returned by ${moment(returnOf(out))}, and ${after}.`,
      };
    }
  }
  return undefined;
};

const falseEmpty = (scene: Scene, elements: Elements): Explanation | undefined => {
  const { empty, size, addReturned, removeCalled } = elements;
  const all = Int32Array.from({ length: size }, (_, i) => i);
  for (let i = 0; i < empty.place.length; i++) {
    const chain = chainOver(all, addReturned, removeCalled, empty.called[i]!, empty.returned[i]!);
    if (chain === undefined || elements.lost.place.length > 0) continue;
    const stays = chain.slice(0, 6).map(element => stay(scene, elements, element));
    const more = chain.length > stays.length ? `, and ${chain.length - stays.length} more after that` : '';
    return {
      type: 'false-empty',
      explanation: `${told(scene.kept[empty.place[i]!]!)} found ${scene.key === undefined ? `the ${scene.name}` : `${scene.name} ${scene.key}`} empty, but all that time something was in it: ${stays.join('; ')}${more}.`,
    };
  }
  return undefined;
};

/** From when to when a value was certainly in the collection. */
const stay = ({ kept, removed, added }: Scene, { add, remove }: Elements, element: number): string => {
  const addition = kept[add[element]!]!;
  const value = show(callOf(addition).input);
  const removal = remove[element] === none ? undefined : kept[remove[element]!]!;
  const inBy = addition.returned !== never ? moment(returnOf(addition)) : moment(returnOf(removal!));
  const until = removal === undefined ? `never ${removed}` : `not ${removed} before ${moment(removal.invoke)} (${by(removal)})`;
  return `${value}, ${added} by ${inBy} (${by(addition)}) and ${until}`;
};

const of = ({ key }: Scene): string => (key === undefined ? '' : ` on ${key}`);

export const fifoWrong: NonNullable<Collection['wrong']> = ({ addReturned, addCalled }, early, late) =>
  addReturned[late]! < addCalled[early]! ? 'that had been enqueued first' : undefined;

export const lifoWrong: NonNullable<Collection['wrong']> = ({ addReturned, addCalled, removeCalled }, early, late) =>
  addReturned[early]! < addCalled[late]! && addReturned[late]! < removeCalled[early]!
    ? 'that had been pushed on it and was still there'
    : undefined;
