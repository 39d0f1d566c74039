/** What each workload's operations must answer when nothing else goes on: the meaning that its checkers take them to have. */
import { expect } from 'vitest';
import type { Completion } from '../../../harness/protocol/client.ts';
import type { Json } from '../../../harness/std/json.ts';

/** Two clients of different nodes and processes; `key` is one that nobody used before. */
export interface Scene {
  readonly key: string;
  first(f: string, value?: Json, key?: string | null): Promise<Completion>;
  second(f: string, value?: Json, key?: string | null): Promise<Completion>;
}

const ok = (value: Json) => ({ type: 'ok', value });
const answerOf = async (asked: Promise<Completion>): Promise<Json> => {
  const completion = await asked;
  expect(completion.type, JSON.stringify(completion)).toBe('ok');
  return completion.type === 'ok' ? completion.value : null;
};
const failureOf = async (asked: Promise<Completion>): Promise<string> => {
  const completion = await asked;
  return completion.type === 'ok' ? 'ok' : `${completion.type} ${completion.error.name}`;
};
const ordered = (value: Json): readonly number[] => [...(value as readonly number[])].sort((a, b) => a - b);

/** By workload; a workload without a scene is one that every system's own tests cover. */
export const scenes: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  set: async ({ first, second }) => {
    expect(await answerOf(first('read'))).toEqual([]);
    for (const element of [3, 1]) expect(await first('add', element)).toEqual(ok(element));
    expect(await second('add', 2)).toEqual(ok(2));
    expect(ordered(await answerOf(second('read')))).toEqual([1, 2, 3]);
  },
  queue: async ({ first, second }) => {
    expect(await first('dequeue')).toEqual(ok(null));
    for (const value of [1, 2, 3]) expect(await (value === 2 ? second : first)('enqueue', value)).toEqual(ok(value));
    expect(await second('dequeue')).toEqual(ok(1));
    expect(await first('drain')).toEqual(ok([2, 3]));
    expect(await second('dequeue')).toEqual(ok(null));
  },
  counter: async ({ first, second }) => {
    expect(await first('read')).toEqual(ok(0));
    expect(await first('add', 5)).toEqual(ok(5));
    expect(await second('add', -2)).toEqual(ok(-2));
    expect(await first('read')).toEqual(ok(3));
  },
  monotonic: async ({ first, second }) => {
    expect(await first('read')).toEqual(ok(0));
    expect(await first('inc')).toEqual(ok(1));
    expect(await second('inc')).toEqual(ok(2));
    expect(await first('read')).toEqual(ok(2));
  },
  'unique-ids': async ({ first, second }) => {
    const ids = [await answerOf(first('generate', null, null)), await answerOf(second('generate', null, null))];
    ids.push(await answerOf(first('generate', null, null)));
    expect(new Set(ids).size).toBe(3);
  },
  bank: async ({ first, second }) => {
    const accounts = { a0: 10, a1: 10 };
    expect(await first('open', accounts, null)).toEqual(ok(accounts));
    expect((await second('open', { a0: 99, a1: 99 }, null)).type).toBe('ok');
    expect(await second('read', null, null)).toEqual(ok(accounts));
    const transfer = { from: 'a0', to: 'a1', amount: 4 };
    expect(await second('transfer', transfer, null)).toEqual(ok(transfer));
    expect(await failureOf(first('transfer', { ...transfer, amount: 7 }, null))).toBe('fail insufficient');
    expect(await first('read', null, null)).toEqual(ok({ a0: 6, a1: 14 }));
  },
  'long-fork': async ({ first, second, key }) => {
    const write = [['w', `${key}-0`, 1]];
    expect(await first('txn', write, null)).toEqual(ok(write));
    const read = (value: Json) => [
      ['r', `${key}-1`, null],
      ['r', `${key}-0`, value],
    ];
    expect(await second('txn', read(null), null)).toEqual(ok(read(1)));
  },
  lock: async ({ first, second }) => {
    const token = Number(await answerOf(first('acquire')));
    expect(await failureOf(second('acquire'))).toBe('fail held');
    expect(await failureOf(second('release'))).toBe('fail not-held');
    expect((await first('release')).type).toBe('ok');
    expect(Number(await answerOf(second('acquire')))).toBeGreaterThan(token);
    expect(await failureOf(first('release'))).toBe('fail not-held');
    expect((await second('release')).type).toBe('ok');
  },
  log: async ({ first, second, key }) => {
    expect(await failureOf(first('poll', null, null))).toBe('fail unassigned');
    expect((await first('assign', [key], null)).type).toBe('ok');
    expect(await first('poll', null, null)).toEqual(ok({ [key]: [] }));
    const sent = [await answerOf(second('send', 'a')), await answerOf(first('send', 'b'))] as unknown as readonly [number, string][];
    expect(sent.map(([, value]) => value)).toEqual(['a', 'b']);
    expect(sent[1]![0]).toBeGreaterThan(sent[0]![0]);
    expect(await first('poll', null, null)).toEqual(ok({ [key]: sent as unknown as Json }));
    expect(await first('poll', null, null)).toEqual(ok({ [key]: [] }));
    expect((await first('assign', [key], null)).type).toBe('ok');
    expect(await first('poll', null, null)).toEqual(ok({ [key]: sent as unknown as Json }));
  },
  broadcast: async ({ first, second }) => {
    for (const message of [2, 1]) expect(await first('broadcast', message, null)).toEqual(ok(message));
    expect(ordered(await answerOf(second('read', null, null)))).toEqual([1, 2]);
  },
  'leader-election': async ({ first, second }) => {
    const told = [await answerOf(first('leader', null, null)), await answerOf(second('leader', null, null))] as unknown as readonly {
      readonly term: number;
      readonly leader: string;
    }[];
    for (const { term, leader } of told) {
      expect(term).toBeGreaterThan(0);
      expect(['n1', 'n2', 'n3']).toContain(leader);
    }
  },
};
