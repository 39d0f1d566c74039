/**
 * The checkers of single workloads against their definitions, said pair by pair: every two answers, every read and every message. Small random
 * histories, answered with few values, so that right and wrong ones are common. `ORDEAL_FUZZ=200000` runs that many for each.
 */
import { expect, test } from 'vitest';
import type { Event, History } from '../../harness/history/event.ts';
import { type Operation, pairOperations } from '../../harness/history/operation.ts';
import type { Checker } from '../../harness/protocol/checker.ts';
import type { Json } from '../../harness/std/json.ts';
import { createRng, type Rng } from '../../harness/std/rng.ts';
import { eventual } from '../eventual/eventual.ts';
import { bank } from './bank.ts';
import { broadcast } from './broadcast.ts';
import { leaderElection } from './leader-election.ts';
import { kafka } from './log.ts';
import { monotonic } from './monotonic.ts';
import { uniqueIds } from './unique-ids.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 2000);
const seed = process.env.ORDEAL_FUZZ_SEED ?? '1';

interface Asked {
  readonly f: string;
  readonly value?: Json;
  readonly answer?: Json;
}

/** Processes that ask and are answered in any interleaving; now and then refused, or not answered, after which another process goes on. */
const drawn = (rng: Rng, ask: (at: number) => Asked, more: { readonly key?: string; readonly outcomes?: boolean } = {}): History => {
  const events: Event[] = [];
  const count = 3 + rng.int(5);
  const open: (Asked | undefined)[] = Array.from({ length: 2 + rng.int(2) }, () => undefined);
  const processes = open.map((_, i) => i);
  const emit = (at: number, type: Event['type'], f: string, value: Json): void => {
    const event = { index: events.length, time: events.length * 1e6, process: processes[at]!, type, f, value };
    events.push(more.key === undefined ? event : { ...event, key: more.key });
  };
  for (let asked = 0; asked < count || open.some(Boolean); ) {
    const at = rng.int(open.length);
    const now = open[at];
    if (now === undefined) {
      if (asked === count) continue;
      open[at] = ask(asked++);
      emit(at, 'invoke', open[at]!.f, open[at]!.value ?? null);
      continue;
    }
    const type = more.outcomes === false || rng.chance(0.8) ? 'ok' : rng.chance(0.5) ? 'fail' : 'info';
    emit(at, type, now.f, type === 'ok' ? (now.answer ?? now.value ?? null) : (now.value ?? null));
    if (type === 'info') processes[at] = processes[at]! + 100;
    open[at] = undefined;
  }
  return events;
};

const answered = (operations: readonly Operation[], f?: string): readonly Operation[] =>
  operations.filter(({ type, invoke }) => type === 'ok' && (f === undefined || invoke.f === f));
const saidBy = ({ completion }: Operation): Json => completion!.value;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const somePair = <T>(list: readonly T[], holds: (a: T, b: T) => boolean): boolean =>
  list.some((a, i) => list.slice(i + 1).some(b => holds(a, b)));

interface Case {
  readonly checker: Checker;
  readonly workload: string;
  draw(rng: Rng): History;
  /** By definition. Undefined: this definition does not say. */
  violated(operations: readonly Operation[], history: History): boolean | undefined;
}

const numbersIn = (list: Json): readonly number[] => list as readonly number[];
const subset = (rng: Rng, values: readonly number[]): Json =>
  values.flatMap(value => (rng.chance(0.8) ? [value, ...(rng.chance(0.03) ? [value] : [])] : []));

const cases: readonly Case[] = [
  {
    checker: uniqueIds,
    workload: 'unique-ids',
    draw: rng => drawn(rng, () => ({ f: 'generate', answer: rng.pick([rng.int(30), `${rng.int(30)}`, [rng.int(9)]]) })),
    violated: operations => somePair(answered(operations), (a, b) => same(saidBy(a), saidBy(b))),
  },
  {
    checker: monotonic,
    workload: 'monotonic',
    draw: rng => drawn(rng, at => ({ f: rng.pick(['inc', 'read']), answer: Math.max(0, at + rng.int(3) - rng.pick([0, 0, 0, 2])) })),
    violated: operations =>
      somePair(answered(operations), (a, b) => {
        const [x, y] = [saidBy(a) as number, saidBy(b) as number];
        const isTwin = a.invoke.f === 'inc' && b.invoke.f === 'inc' && x === y;
        return isTwin || (a.invoke.process === b.invoke.process && (b.invoke.f === 'inc' ? y <= x : y < x));
      }),
  },
  {
    checker: leaderElection,
    workload: 'leader-election',
    draw: rng =>
      drawn(rng, () => {
        const term = rng.int(4);
        return { f: 'leader', answer: rng.chance(0.1) ? null : { term, leader: rng.chance(0.15) ? 'n9' : `n${term}` } };
      }),
    violated: operations => {
      const beliefs = answered(operations).flatMap(one => (saidBy(one) === null ? [] : [saidBy(one) as { readonly [name: string]: Json }]));
      if (beliefs.length === 0) return false;
      return somePair(beliefs, (a, b) => a.term === b.term && a.leader !== b.leader);
    },
  },
  {
    checker: bank,
    workload: 'bank',
    draw: rng => {
      const opening = { index: 0, time: 0, process: 99, f: 'open', value: { a: 3, b: 3 } };
      const moved = (): Json => {
        const shift = rng.int(4);
        if (rng.chance(0.05)) return { a: 6, b: rng.pick([0, null]) };
        if (rng.chance(0.05)) return rng.pick<Json>([{ a: 6 }, { a: 3, b: 3, c: 0 }, { a: -1, b: 7 }]);
        return { a: 3 - shift, b: 3 + shift - (rng.chance(0.06) ? 1 : 0) };
      };
      const rest = drawn(rng, () =>
        rng.chance(0.6) ? { f: 'read', answer: moved() } : { f: 'transfer', value: { from: 'a', to: 'b', amount: 1 } },
      );
      return [
        { ...opening, type: 'invoke' },
        { ...opening, index: 1, type: 'ok' },
        ...rest.map(event => ({ ...event, index: event.index + 2 })),
      ] as History;
    },
    violated: operations =>
      answered(operations, 'read').some(read => {
        const balances = saidBy(read) as { readonly [name: string]: Json };
        const values = Object.values(balances);
        const isWhole = same(Object.keys(balances).sort(), ['a', 'b']) && values.every(value => typeof value === 'number' && value >= 0);
        return !isWhole || values.reduce<number>((sum, value) => sum + Number(value), 0) !== 6;
      }),
  },
  {
    checker: broadcast,
    workload: 'broadcast',
    draw: rng => {
      const sent: number[] = [];
      return drawn(rng, at => {
        if (at < 3 && rng.chance(0.7)) return { f: 'broadcast', value: sent.push(at) && at };
        return { f: 'read', answer: subset(rng, rng.chance(0.05) ? [...sent, 50] : sent) };
      });
    },
    violated: (operations, history) => {
      const reads = answered(operations, 'read');
      const sends = operations.filter(({ invoke }) => invoke.f === 'broadcast');
      const fromNowhere = reads.some(read =>
        numbersIn(saidBy(read)).some(
          value => !sends.some(({ invoke, type }) => type !== 'fail' && invoke.value === value && invoke.index < read.completion!.index),
        ),
      );
      const twice = reads.some(read => new Set(numbersIn(saidBy(read))).size < numbersIn(saidBy(read)).length);
      const cut = Math.max(-1, ...answered(sends).map(({ completion }) => completion!.index));
      const isLast = (read: Operation): boolean =>
        read.invoke.index > cut &&
        !reads.some(other => other.invoke.process === read.invoke.process && other.invoke.index > read.invoke.index);
      const known = [
        ...answered(sends).map(({ invoke }) => invoke.value),
        ...reads.filter(({ completion }) => completion!.index <= cut).flatMap(read => numbersIn(saidBy(read))),
      ];
      const missing = reads.filter(isLast).some(read => known.some(value => !numbersIn(saidBy(read)).includes(value as number)));
      return history.length > 0 && (fromNowhere || twice || missing);
    },
  },
  {
    checker: kafka,
    workload: 'log',
    draw: rng => {
      let [sent, next] = [0, 0];
      const log: [number, number][] = [];
      const isFaulty = rng.chance(0.6);
      const wrong = (chance: number): boolean => isFaulty && rng.chance(chance);
      const begun = new Map<number, number>();
      return drawn(
        rng,
        at => {
          if (at < 2 || rng.chance(0.4)) {
            const value = wrong(0.05) ? Math.max(1, sent) : ++sent;
            const offset = wrong(0.08) ? rng.int(4) : next++;
            if (!wrong(0.1)) log.push([offset, value]);
            return { f: 'send', value, answer: rng.pick([[offset, value], offset]) };
          }
          if (rng.chance(0.1)) return { f: 'assign', value: ['k'] };
          const from = wrong(0.5) ? rng.int(2) : (begun.get(0) ?? 0);
          const records = log.slice(from, from + 1 + rng.int(2)).map(([offset, value]) => [offset, wrong(0.05) ? value + 1 : value]);
          if (!wrong(0.3)) begun.set(0, from + records.length);
          return { f: 'poll', answer: { k: records } };
        },
        { key: 'k', outcomes: rng.chance(0.5) },
      );
    },
    violated: operations => logViolated(operations),
  },
  {
    checker: eventual,
    workload: 'register',
    draw: rng => {
      let last: Json = null;
      return drawn(rng, at => {
        if (rng.chance(at < 2 ? 0.6 : 0.2)) {
          last = at + 1;
          return { f: 'write', value: last };
        }
        return { f: 'read', answer: rng.chance(0.8) ? last : rng.pick<Json>([null, 1, 40]) };
      });
    },
    violated: operations => {
      const reads = answered(operations, 'read');
      const writes = operations.filter(({ invoke, type }) => invoke.f === 'write' && type !== 'fail');
      const cut = Math.max(-1, ...answered(writes).map(({ completion }) => completion!.index));
      const fromNowhere = reads.some(read => saidBy(read) !== null && !writes.some(({ invoke }) => invoke.value === saidBy(read)));
      const late = reads.filter(({ invoke }) => invoke.index > cut);
      const isLast = (read: Operation): boolean =>
        !late.some(({ invoke }) => invoke.process === read.invoke.process && invoke.index > read.invoke.index);
      const final = late.filter(isLast);
      const readers = new Set(reads.map(({ invoke }) => invoke.process));
      const heard = final.length > 1 || (final.length === 1 && readers.size === 1);
      const isLost = heard && final.every(read => saidBy(read) === null) && answered(writes).length > 0;
      const differ = heard && somePair(final, (a, b) => !same(saidBy(a), saidBy(b)));
      // With writes that may still take effect, readers that differ may prove nothing.
      if (differ && !fromNowhere && writes.some(({ type }) => type === 'info')) return undefined;
      return (writes.length > 0 || new Set(reads.map(saidBy)).size > 1) && (fromNowhere || isLost || differ);
    },
  },
];

/** Every rule of `log.ts`, record by record. One log, `k`. */
const logViolated = (operations: readonly Operation[]): boolean => {
  interface Seen {
    readonly offset: number;
    readonly value: Json;
    readonly by: Operation;
  }
  const sends = operations.filter(({ invoke }) => invoke.f === 'send');
  const offsetOf = (answer: Json): number => (Array.isArray(answer) ? (answer[0] as number) : (answer as number));
  const acknowledged: Seen[] = answered(sends).map(by => ({ offset: offsetOf(saidBy(by)), value: by.invoke.value, by }));
  const recordsOf = (by: Operation): Seen[] =>
    (saidBy(by) as unknown as { readonly k: readonly (readonly [number, Json])[] }).k.map(([offset, value]) => ({ offset, value, by }));
  const polled = answered(operations, 'poll').flatMap(recordsOf);
  const sentOnce = (value: Json): boolean => sends.filter(({ invoke }) => invoke.value === value).length < 2;
  const misplaced = somePair(
    [...acknowledged, ...polled],
    (a, b) => (a.offset === b.offset && a.value !== b.value) || (a.value === b.value && a.offset !== b.offset && sentOnce(a.value)),
  );
  const strange = polled.some(
    ({ value, by }) => !sends.some(({ invoke, type }) => invoke.value === value && type !== 'fail' && invoke.index < by.completion!.index),
  );
  const lost = acknowledged.some(
    ({ offset, value }) => polled.every(other => other.value !== value) && polled.some(other => other.offset > offset),
  );
  const disordered = somePair(acknowledged, (a, b) => a.by.invoke.process === b.by.invoke.process && b.offset <= a.offset);
  const consumers = [...new Set(operations.map(({ invoke }) => invoke.process))];
  const misread = consumers.some(consumer => {
    const own = operations.filter(({ invoke }) => invoke.process === consumer);
    const stretches: Seen[][] = [[]];
    for (const operation of own) {
      if (operation.invoke.f === 'assign') stretches.push([]);
      else if (operation.invoke.f === 'poll' && operation.type === 'ok') stretches.at(-1)!.push(...recordsOf(operation));
    }
    return stretches.some(stretch =>
      stretch.slice(1).some((record, i) => {
        const before = stretch[i]!.offset;
        return record.offset <= before || polled.some(({ offset }) => offset > before && offset < record.offset);
      }),
    );
  });
  return misplaced || strange || lost || disordered || misread;
};

test.each(cases.map(one => [one.checker.model, one] as const))(
  '%s: agrees with its definition',
  (name, { checker, workload, draw, violated }) => {
    const counts = { yes: 0, no: 0 };
    for (let i = 0; i < histories; i++) {
      const history = draw(createRng(`${seed}/${name}/${i}`));
      const expected = violated(pairOperations(history), history);
      if (expected === undefined) continue;
      counts[expected ? 'no' : 'yes']++;
      const { valid } = checker.check(history, { workload, timeLimitMs: 1000, memoryLimitBytes: 2 ** 28 });
      if ((valid === false) !== expected)
        expect.fail(
          `${name} says ${valid}, by definition ${expected ? 'violated' : 'not'}, ${seed}/${i}:\n${history.map(event => JSON.stringify(event)).join('\n')}`,
        );
    }
    expect(Math.min(counts.yes, counts.no)).toBeGreaterThan(histories / 10);
  },
);
