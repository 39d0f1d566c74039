/**
 * A set that only grows: what was added stays, nothing comes from nowhere, nothing is there twice.
 *
 * An element is known from the first return of its `add`, or of a read that shows it. Anomalies: `lost` (known, then missing from a read, and in
 * no later read), `unexpected` (read although nobody had added it yet, or only an add that failed), `duplicated` (twice in one read), and for
 * `set-full` also `stale` (missing from a read that was called after the element was known, though it came back). `set` allows `stale` and
 * measures it: `staleMs` is the longest time that a known element was unseen. A set that nobody read: unknown.
 * O(n) in operations and the length of all answers.
 * Sources: Jepsen's checkers `set` and `set-full`; the latter with `linearizable? true` is our `set-full`.
 */
import type { Event, Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Anomaly } from '../../harness/protocol/checker.ts';
import type { Json } from '../../harness/std/json.ts';
import { show, valueKey } from '../models/values.ts';
import { clockless, told } from '../read-write/prose.ts';
import { anomaly, callOf, checkerOf, counted, type Found, listOf, millisecondsBetween, returnOf } from './property.ts';

/** `read` asks, everything else adds: `add`, `broadcast`. */
const isRead = ({ invoke }: Operation): boolean => invoke.f === 'read';

export const growOnlySet = checkerOf({
  model: 'set',
  summary: 'what was added is never lost, nothing comes from nowhere or twice; says how long elements were unseen',
  workloads: ['set', 'broadcast'],
  judge: (operations, key) => judgeSet(operations, key, false),
});

export const setFull = checkerOf({
  model: 'set-full',
  summary: 'as set, and no read misses an element that was there before it was called',
  workloads: ['set', 'broadcast'],
  judge: (operations, key) => judgeSet(operations, key, true),
});

interface Element {
  readonly value: Json;
  readonly adds: Operation[];
  readonly failed: Operation[];
  /** What made it known, and when. */
  known: { readonly by: Operation; readonly at: Event } | undefined;
  /** Positions in the list of reads, ascending. */
  readonly seen: number[];
}

export const judgeSet = (operations: readonly Operation[], key: Key | undefined, isStaleForbidden: boolean): Found => {
  const reads = operations.filter(operation => isRead(operation) && operation.type === 'ok');
  const { elements, repeated } = elementsOf(operations, reads);
  if (reads.length === 0) {
    const unread = elements.size === 0 ? undefined : `${key === undefined ? 'the set' : `set ${key}`} was never read`;
    return { anomalies: [], unknown: unread };
  }
  const fates = [...elements.values()].map(element => fateOf(element, reads));
  const anomalies = [
    ...fates.filter(isFault).flatMap(fate => (fate.kind === 'stale' && !isStaleForbidden ? [] : [explained(fate, key, reads)])),
    ...repeated.map(({ read, value, times }) =>
      anomaly('duplicated', key, [read], `${told(read)}, in which ${show(value)} is ${times} times; a set has each element once.`),
    ),
  ].sort((a, b) => a.operations.at(-1)! - b.operations.at(-1)!);
  const count = (kind: Fate['kind']): number => fates.filter(fate => fate.kind === kind).length;
  const unread = count('unread');
  return {
    anomalies,
    measured: {
      elements: fates.length,
      lost: count('lost'),
      stale: count('stale'),
      unexpected: count('unexpected'),
      duplicated: repeated.length,
      recovered: fates.filter(({ element }) => isRecovered(element)).length,
      ...(clockless(operations.at(-1)!.invoke) ? {} : { staleMs: longestUnseen(fates) }),
    },
    ...(unread > 0 && {
      warnings: [
        `${counted(unread, 'element')}${key === undefined ? '' : ` of ${key}`} had no read after the add: nothing is known of them`,
      ],
    }),
  };
};

const longestUnseen = (fates: readonly Fate[]): number =>
  fates.reduce((longest, fate) => (fate.kind === 'stale' ? Math.max(longest, fate.unseenMs) : longest), 0);

/** Of unknown outcome, but there. */
const isRecovered = ({ adds, seen }: Element): boolean => seen.length > 0 && adds.length > 0 && adds.every(({ type }) => type === 'info');

interface Repeated {
  readonly read: Operation;
  readonly value: Json;
  readonly times: number;
}

const elementsOf = (operations: readonly Operation[], reads: readonly Operation[]) => {
  const elements = new Map<unknown, Element>();
  const elementFor = (value: Json): Element => {
    const name = valueKey(value);
    const element = elements.get(name) ?? { value, adds: [], failed: [], known: undefined, seen: [] };
    elements.set(name, element);
    return element;
  };
  for (const operation of operations) {
    if (isRead(operation)) continue;
    const element = elementFor(operation.invoke.value);
    (operation.type === 'fail' ? element.failed : element.adds).push(operation);
    if (operation.type === 'ok') learn(element, operation);
  }
  const repeated: Repeated[] = [];
  reads.forEach((read, at) => {
    const times = new Map<Element, number>();
    for (const value of listOf(read.completion!.value)) {
      const element = elementFor(value);
      times.set(element, (times.get(element) ?? 0) + 1);
    }
    for (const [element, count] of times) {
      element.seen.push(at);
      learn(element, read);
      if (count > 1) repeated.push({ read, value: element.value, times: count });
    }
  });
  return { elements, repeated };
};

const learn = (element: Element, by: Operation): void => {
  const at = by.completion!;
  if (element.known === undefined || at.index < element.known.at.index) element.known = { by, at };
};

type Fate = { readonly kind: 'fine' | 'unread'; readonly element: Element } | Fault;

type Fault =
  | { readonly kind: 'unexpected'; readonly element: Element; readonly read: Operation }
  | { readonly kind: 'lost' | 'stale'; readonly element: Element; readonly missing: Operation; readonly unseenMs: number };

const isFault = (fate: Fate): fate is Fault => fate.kind !== 'fine' && fate.kind !== 'unread';

const fateOf = (element: Element, reads: readonly Operation[]): Fate => {
  const { adds, known, seen } = element;
  const first = earliest(seen.map(at => reads[at]!));
  const called = Math.min(...adds.map(callOf));
  if (first !== undefined && returnOf(first) < called) return { kind: 'unexpected', element, read: first };
  if (known === undefined) return { kind: 'fine', element };
  const at = lastUnseen(seen, reads.length);
  const missing = at < 0 ? undefined : reads[at]!;
  if (missing === undefined || callOf(missing) < known.at.index) return { kind: seen.length > 0 ? 'fine' : 'unread', element };
  const lastShown = seen.reduce((last, position) => Math.max(last, returnOf(reads[position]!)), -1);
  const isLost = lastShown < callOf(missing);
  return { kind: isLost ? 'lost' : 'stale', element, missing, unseenMs: millisecondsBetween(known.at, missing.invoke) };
};

const earliest = (operations: readonly Operation[]): Operation | undefined =>
  operations.reduce<Operation | undefined>((best, one) => (best === undefined || returnOf(one) < returnOf(best) ? one : best), undefined);

/** The last position that is not among these, walking back from the end; -1: none. */
const lastUnseen = (seen: readonly number[], reads: number): number => {
  let at = reads - 1;
  for (let i = seen.length - 1; i >= 0 && seen[i] === at; i--) at--;
  return at;
};

const explained = (fate: Fault, key: Key | undefined, reads: readonly Operation[]): Anomaly => {
  const { kind, element } = fate;
  const { adds, failed, known, seen } = element;
  const value = show(element.value);
  if (kind === 'unexpected') {
    const guilty = [...adds, ...failed].slice(0, 3);
    const why =
      adds.length > 0
        ? `but ${value} was only added later: ${guilty.map(told).join('; ')}`
        : failed.length > 0
          ? `but the only add of ${value} failed: ${guilty.map(told).join('; ')}`
          : `but nobody ever added ${value}`;
    return anomaly('unexpected', key, [fate.read, ...guilty], `${told(fate.read)}, in which there is ${value}; ${why}.`);
  }
  const { missing, unseenMs } = fate;
  const since = `${told(known!.by)}, so ${value} was there`;
  const how = clockless(missing.invoke) ? '' : ` ${unseenMs.toFixed(1)} ms later`;
  if (kind === 'lost') {
    const last = seen.length === 0 ? 'no read ever showed it' : `the last to show it was ${told(reads[seen.at(-1)!]!)}`;
    const shown = seen.length === 0 ? [] : [reads[seen.at(-1)!]!];
    return anomaly(
      'lost',
      key,
      [known!.by, ...shown, missing],
      `${since}; but it is missing${how} when ${told(missing)}, and from then on: ${last}.`,
    );
  }
  return anomaly('stale', key, [known!.by, missing], `${since}; but it is missing${how} when ${told(missing)}, and came back after that.`);
};
