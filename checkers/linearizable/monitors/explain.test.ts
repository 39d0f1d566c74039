/**
 * Explanations of random violations of sets, counters, identifiers and logs: what they name is kept, and what they claim is true, which is checked
 * here anew, from the whole history and without the code that found it.
 */
import { expect, test } from 'vitest';
import type { Event, History } from '../../../harness/history/event.ts';
import type { Json } from '../../../harness/std/json.ts';
import { createRng } from '../../../harness/std/rng.ts';
import { appendOnlyLog } from '../../models/append-only-log.ts';
import { counter, set } from '../../models/collections.ts';
import { sameValue } from '../../models/values.ts';
import { linearizableByBruteForce } from '../../testing/brute-force.ts';
import { lanes } from '../../testing/lanes.ts';
import { randomHistory, type Shape } from '../../testing/random-history.ts';
import {
  counterShape,
  evenCounterShape,
  growingCounterShape,
  likelySetShape,
  logShape,
  setShape,
  uniqueIdsShape,
} from '../../testing/shapes.ts';
import { checkLinearizable } from '../check.ts';
import { by, span } from '../explain.ts';
import type { Model } from '../model.ts';
import { indexOf, never, type Subject, splitByKey } from '../subject.ts';

const answered = ({ completion }: Subject): Json => completion!.value;
const list = (read: Subject): readonly Json[] => (answered(read) ?? []) as readonly Json[];
const times = (read: Subject, value: Json): number => list(read).filter(shown => sameValue(shown, value)).length;
const has = (read: Subject, value: Json): boolean => times(read, value) > 0;
const asked = (all: readonly Subject[], f: string, value: Json): readonly Subject[] =>
  all.filter(({ invoke }) => invoke.f === f && sameValue(invoke.value, value));
const precedes = (a: Subject, b: Subject): boolean => a.returned < b.called;
const isRead = ({ invoke }: Subject): boolean => invoke.f === 'read';

interface Told {
  readonly history: History;
  readonly model: Model<never>;
  readonly all: readonly Subject[];
  readonly kept: readonly Subject[];
  /** In the order in which the text names them. */
  readonly named: readonly Subject[];
  readonly text: string;
}

type Claim = (told: Told) => boolean;

const differ = (a: readonly Json[], b: readonly Json[]): boolean => a.some((value, at) => at < b.length && !sameValue(value, b[at]!));

const readAndLater =
  (f: string): Claim =>
  ({ all, named: [read, write] }) =>
    has(read!, write!.invoke.value) && asked(all, f, write!.invoke.value).every(({ called }) => called > read!.returned);

const fromNowhere =
  (f: string): Claim =>
  ({ all, named: [read] }) =>
    list(read!).some(value => asked(all, f, value).every(({ called }) => called > read!.returned));

const setClaims: Readonly<Record<string, Claim>> = {
  unexpected: fromNowhere('add'),
  'future-read': readAndLater('add'),
  lost: ({ named: [read, add] }) => precedes(add!, read!) && !has(read!, add!.invoke.value),
  'stale-read': ({ named: [read, earlier] }) => precedes(earlier!, read!) && list(earlier!).some(value => !has(read!, value)),
  reordered: ({ all, named: [read, second, third] }) =>
    isRead(second!)
      ? list(read!).some(value => !has(second!, value)) && list(second!).some(value => !has(read!, value))
      : !has(read!, second!.invoke.value) &&
        has(read!, third!.invoke.value) &&
        asked(all, 'add', third!.invoke.value).every(add => precedes(second!, add)),
};

/** Whether what is kept would still be a violation if this read had been answered otherwise. */
const failsWith = ({ history, model, kept }: Told, read: Subject, value: number): boolean => {
  const events = new Set(kept.flatMap(({ invoke, completion }) => [invoke, completion]));
  const some = history.filter(event => events.has(event)).map(event => (event === read.completion ? { ...event, value } : event));
  return !linearizableByBruteForce(some, model);
};

const bound =
  (side: 1 | -1): Claim =>
  told => {
    const read = told.named[0]!;
    const limit = Number(/must be at (?:least|most) (-?\d+)/.exec(told.text)![1]);
    if (side * (answered(read) as number) >= side * limit) return false;
    return [1, 2, 3, 4, 5, 6].every(away => failsWith(told, read, limit - side * away));
  };

const counterClaims: Readonly<Record<string, Claim>> = {
  'too-low': bound(1),
  'too-high': bound(-1),
  'non-monotonic-read': ({ all, named: [late, early] }) => {
    const amounts = all
      .filter(({ invoke, called }) => invoke.f === 'add' && called < late!.returned)
      .map(({ invoke }) => invoke.value as number);
    const change = (answered(late!) as number) - (answered(early!) as number);
    return precedes(early!, late!) && change !== 0 && amounts.every(amount => amount * change <= 0);
  },
  unexpected: ({ all, named: [read] }) => {
    let sums = new Set([0]);
    for (const { invoke, called, returned } of all) {
      if (invoke.f !== 'add' || called > read!.returned) continue;
      const more = [...sums].map(sum => sum + (invoke.value as number));
      sums = new Set(returned < read!.called ? more : [...sums, ...more]);
    }
    return !sums.has(answered(read!) as number);
  },
};

const said = (append: Subject): number | undefined => {
  if (append.returned === never) return undefined;
  const answer = answered(append);
  if (Array.isArray(answer)) return sameValue(answer[1], append.invoke.value) ? answer[0] : undefined;
  return typeof answer === 'number' && answer !== append.invoke.value ? answer : undefined;
};

/** Where an append stands, by what it was answered or, if it is the only one of its value, by any read that is kept. */
const placeOf = ({ all, kept }: Told, append: Subject): number | undefined => {
  if (said(append) !== undefined || asked(all, 'append', append.invoke.value).length > 1) return said(append);
  const read = kept.find(one => isRead(one) && one.returned !== never && times(one, append.invoke.value) === 1);
  return read && list(read).findIndex(value => sameValue(value, append.invoke.value));
};

const othersBefore = (told: Told, append: Subject, isBefore: (other: Subject) => boolean): number =>
  told.all.filter(other => {
    if (other.invoke.f !== 'append' || other === append) return false;
    const place = placeOf(told, other);
    return place === undefined ? isBefore(other) : place < said(append)!;
  }).length;

const logClaims: Readonly<Record<string, Claim>> = {
  unexpected: fromNowhere('append'),
  'future-read': told => {
    const [read, append] = told.named as [Subject, Subject];
    const place = placeOf(told, append);
    return append.called > read.returned && (readAndLater('append')(told) || (place !== undefined && place < list(read).length));
  },
  duplicated: ({ all, named: [read] }) =>
    list(read!).some(value => times(read!, value) > asked(all, 'append', value).filter(({ called }) => called < read!.returned).length),
  fork: ({ named: [a, b] }) => differ(list(a!), list(b!)),
  'inconsistent-offsets': ({ all, named: [a, b] }) => {
    const offset = said(a!)!;
    if (b === undefined) return !Number.isInteger(offset) || offset < 0;
    if (!isRead(b)) return said(b) === offset;
    const value = a!.invoke.value;
    if (list(b).length > offset) return !sameValue(list(b)[offset]!, value);
    return has(b, value) && asked(all, 'append', value).filter(({ called }) => called < b.returned).length === 1;
  },
  lost: ({ all, named: [read, append] }) => {
    const { value } = append!.invoke;
    const known = asked(all, 'append', value).filter(one => precedes(one, read!)).length;
    return precedes(append!, read!) && (times(read!, value) < known || said(append!)! >= list(read!).length);
  },
  'stale-read': ({ named: [read, earlier] }) => precedes(earlier!, read!) && list(earlier!).length > list(read!).length,
  reordered: told => {
    const [first, early, late] = told.named as [Subject, Subject, Subject];
    if (!isRead(first)) return precedes(early, first) && placeOf(told, early)! > placeOf(told, first)!;
    return precedes(early, late) && !has(first, early.invoke.value) && placeOf(told, late)! < list(first).length;
  },
  'too-high': told => {
    const append = told.named[0]!;
    const inTime = told.all.filter(other => other === append || other.called < append.returned);
    return othersBefore({ ...told, all: inTime }, append, () => true) < said(append)!;
  },
  'too-low': told => othersBefore(told, told.named[0]!, ({ returned }) => returned < told.named[0]!.called) > said(told.named[0]!)!,
};

const idClaims: Readonly<Record<string, Claim>> = {
  'duplicate-id': ({ named: [a, b] }) => a !== b && sameValue(answered(a!), answered(b!)),
};

const namedIn = (all: readonly Subject[], text: string): readonly Subject[] =>
  all
    .map(subject => ({ subject, at: text.indexOf(`(${by(subject)}, ${span(subject)})`) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)
    .map(({ subject }) => subject);

/** `untold`: the largest share of violations that is told as no more than that. */
test.each<[string, Shape<never>, Readonly<Record<string, Claim>>, number]>([
  ['set', setShape as never, setClaims, 0],
  ['likely set', likelySetShape as never, setClaims, 0],
  ['counter', evenCounterShape(1) as never, counterClaims, 0],
  ['counter that goes down', evenCounterShape(-2) as never, counterClaims, 0],
  ['growing counter', growingCounterShape as never, counterClaims, 0.1],
  ['any counter', counterShape as never, counterClaims, 0.1],
  ['identifiers', uniqueIdsShape as never, idClaims, 0],
  ['log', logShape('pair', true) as never, logClaims, 0.01],
  ['log that says offsets, repeated values', logShape('offset', false) as never, logClaims, 0.1],
  ['log that says nothing', logShape('value', true) as never, logClaims, 0],
])('%s: names only what is kept, and claims what is true', { timeout: 120_000 }, (name, shape, claims, untold) => {
  const counts: Record<string, number> = {};
  let violations = 0;
  for (let i = 0; i < 3000; i++) {
    const rng = createRng(`explain/${name}/${i}`);
    const size = { operations: 4 + rng.int(7), processes: 2 + rng.int(4), info: rng.pick([0, 0.05, 0.1]), lie: rng.pick([0.1, 0.3]) };
    const history = randomHistory(rng, shape, size);
    const { valid, anomalies } = checkLinearizable(history, shape.model);
    if (valid === true) continue;
    violations++;
    const { type, explanation: text, operations } = anomalies[0]!;
    counts[type] = (counts[type] ?? 0) + 1;
    const all = splitByKey(history).keys[0]!.subjects;
    const kept = all.filter(subject => operations.includes(indexOf(subject)));
    const named = namedIn(all, text);
    const message = `history ${i}, ${type}: ${text}\n${history.map(event => JSON.stringify(event)).join('\n')}`;
    for (const subject of named) expect(kept, message).toContain(subject);
    expect(named.length, message).toBeGreaterThan(0);
    if (type === 'non-linearizable') continue;
    expect(claims[type]?.({ history, model: shape.model, all, kept, named, text }), message).toBe(true);
    const others = /The other (?:(\d+) operations are|operation is) kept/.exec(text);
    expect(others === null ? 0 : Number(others[1] ?? 1), message).toBe(kept.length - named.length);
  }
  expect(violations).toBeGreaterThan(300);
  if (process.env.ORDEAL_COUNTS !== undefined) console.log(name, JSON.stringify(counts));
  expect((counts['non-linearizable'] ?? 0) / violations, JSON.stringify(counts)).toBeLessThanOrEqual(untold);
});

const explained = (history: History, model: Model<never>): string => {
  const [anomaly] = checkLinearizable(history, model).anomalies;
  return `${anomaly!.type}: ${anomaly!.explanation}`;
};

test('a lost element, in words', () => {
  const history = lanes`
    p0@n1  |add 1|  |add 2|
    p1@n2                    |read [2]|
  `;
  expect(explained(history, set as never)).toMatchInlineSnapshot(
    `"lost: read -> [2] (process 1 on n2, 0.029000-0.038000 s) misses 1, although add 1 (process 0 on n1, 0.011000-0.017000 s) had returned before the read was called. The other operation is kept because the answers may show its effect."`,
  );
});

test('a counter that counts too little between two reads, in words', () => {
  const history = lanes`
    p0@n1  |add 1                             |
    p1@n2         |read 1| |add 1|
    p2@n3                           |read 1|
  `;
  expect(explained(history, counter as never)).toMatchInlineSnapshot(
    `"too-low: read -> 1 (process 2 on n3, 0.036000-0.043000 s) is too low: it must be at least 2, since add 1 (process 1 on n2, 0.027000-0.033000 s) came after read -> 1 (process 1 on n2, 0.018000-0.025000 s) had returned, and before read -> 1 (process 2 on n3, 0.036000-0.043000 s) was called. The other operation is kept because the answers may show its effect."`,
  );
});

test('a log that lost a value, in words', () => {
  const history = lanes`
    p0@n1  |append "a"|  |append "b"|
    p1@n2                              |read ["a"]|
  `;
  expect(explained(history, appendOnlyLog as never)).toMatchInlineSnapshot(
    `"lost: read -> ["a"] (process 1 on n2, 0.039000-0.050000 s) misses "b", although append "b" (process 0 on n1, 0.025000-0.036000 s) had returned before the read was called. The other operation is kept because the answers may show its effect."`,
  );
});

test('of two violations the early one is told, whose read shows less', () => {
  const history: Event[] = [];
  const say = (type: 'invoke' | 'ok', f: string, value: Json): number =>
    history.push({ index: history.length, time: history.length * 1000, process: 0, type, f, value });
  const elements: number[] = [];
  for (let element = 0; element < 200; element++) {
    say('invoke', 'add', element);
    say('ok', 'add', element);
    if (element !== 3) elements.push(element);
    if (element === 199) elements.push(999);
    if (element !== 5 && element !== 199) continue;
    say('invoke', 'read', null);
    say('ok', 'read', [...elements]);
  }
  const [anomaly] = checkLinearizable(history, set).anomalies;
  expect(anomaly!.type).toBe('lost');
  expect(anomaly!.operations.length).toBe(7);
});
