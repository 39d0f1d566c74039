import { describe, expect, test } from 'vitest';
import type { Event, EventType, History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { createRng } from '../../harness/std/rng.ts';
import { checkLinearizable } from '../linearizable/check.ts';
import { listAppend } from '../models/list-append.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { checkListAppend } from './check.ts';

const histories = Number(process.env.ORDEAL_FUZZ ?? 3000);

type Line = readonly [process: number, type: EventType, value: Json];
const history = (...lines: readonly Line[]): History =>
  lines.map(([process, type, value], index): Event => ({ index, time: index, process, type, f: 'txn', value }));

const judged = (events: History) => {
  const { valid, anomalies } = checkListAppend(events);
  return { valid, found: anomalies.map(({ type, operations }) => [type, operations]) };
};

describe('accepts', () => {
  test('transactions that overlap in any order that their reads agree with', () =>
    expect(
      judged(
        history(
          [0, 'invoke', [['append', 'x', 1]]],
          [
            1,
            'invoke',
            [
              ['append', 'x', 2],
              ['r', 'x', null],
            ],
          ],
          [
            1,
            'ok',
            [
              ['append', 'x', 2],
              ['r', 'x', [1, 2]],
            ],
          ],
          [0, 'ok', [['append', 'x', 1]]],
        ),
      ),
    ).toEqual({ valid: true, found: [] }));

  test('an unknown outcome that shows late, or never', () =>
    expect(
      judged(
        history(
          [0, 'invoke', [['append', 'x', 1]]],
          [0, 'info', [['append', 'x', 1]]],
          [1, 'invoke', [['append', 'x', 2]]],
          [1, 'info', [['append', 'x', 2]]],
          [2, 'invoke', [['r', 'x', null]]],
          [2, 'ok', [['r', 'x', null]]],
          [2, 'invoke', [['r', 'x', null]]],
          [2, 'ok', [['r', 'x', [2]]]],
        ),
      ).valid,
    ).toBe(true));

  test('an empty history', () => expect(judged([])).toEqual({ valid: true, found: [] }));
});

describe('rejects', () => {
  test('G-single in real time: a read that misses an append which had returned', () => {
    const events = history(
      [0, 'invoke', [['append', 'x', 1]]],
      [0, 'ok', [['append', 'x', 1]]],
      [1, 'invoke', [['r', 'x', null]]],
      [1, 'ok', [['r', 'x', []]]],
    );
    expect(judged(events)).toEqual({ valid: false, found: [['G-single-realtime', [1, 3]]] });
    expect(checkListAppend(events).anomalies[0]!.explanation).toContain('because it did not see what that one appended to x');
  });

  test('G2-item: two transactions that each miss the other’s append', () =>
    expect(
      judged(
        history(
          [
            0,
            'invoke',
            [
              ['r', 'y', null],
              ['append', 'x', 1],
            ],
          ],
          [
            1,
            'invoke',
            [
              ['r', 'x', null],
              ['append', 'y', 2],
            ],
          ],
          [
            0,
            'ok',
            [
              ['r', 'y', []],
              ['append', 'x', 1],
            ],
          ],
          [
            1,
            'ok',
            [
              ['r', 'x', []],
              ['append', 'y', 2],
            ],
          ],
        ),
      ),
    ).toEqual({ valid: false, found: [['G2-item', [2, 3]]] }));

  test('G1c: each saw what the other appended', () =>
    expect(
      judged(
        history(
          [
            0,
            'invoke',
            [
              ['append', 'x', 1],
              ['r', 'y', null],
            ],
          ],
          [
            1,
            'invoke',
            [
              ['append', 'y', 2],
              ['r', 'x', null],
            ],
          ],
          [
            0,
            'ok',
            [
              ['append', 'x', 1],
              ['r', 'y', [2]],
            ],
          ],
          [
            1,
            'ok',
            [
              ['append', 'y', 2],
              ['r', 'x', [1]],
            ],
          ],
        ),
      ).found,
    ).toEqual([['G1c', [2, 3]]]));

  test('G0: appends to two keys in opposite orders, with the reads that show them', () =>
    expect(
      judged(
        history(
          [
            0,
            'invoke',
            [
              ['append', 'x', 1],
              ['append', 'y', 1],
            ],
          ],
          [
            1,
            'invoke',
            [
              ['append', 'x', 2],
              ['append', 'y', 2],
            ],
          ],
          [
            0,
            'ok',
            [
              ['append', 'x', 1],
              ['append', 'y', 1],
            ],
          ],
          [
            1,
            'ok',
            [
              ['append', 'x', 2],
              ['append', 'y', 2],
            ],
          ],
          [
            2,
            'invoke',
            [
              ['r', 'x', null],
              ['r', 'y', null],
            ],
          ],
          [
            2,
            'ok',
            [
              ['r', 'x', [1, 2]],
              ['r', 'y', [2, 1]],
            ],
          ],
        ),
      ).found,
    ).toEqual([['G0', [2, 3, 5]]]));

  test('a lost update: two transactions found the same list and appended to it', () =>
    expect(
      judged(
        history(
          [
            0,
            'invoke',
            [
              ['r', 'x', null],
              ['append', 'x', 1],
            ],
          ],
          [
            1,
            'invoke',
            [
              ['r', 'x', null],
              ['append', 'x', 2],
            ],
          ],
          [
            0,
            'ok',
            [
              ['r', 'x', []],
              ['append', 'x', 1],
            ],
          ],
          [
            1,
            'ok',
            [
              ['r', 'x', []],
              ['append', 'x', 2],
            ],
          ],
        ),
      ).valid,
    ).toBe(false));

  test.each<[string, Line[], number[]]>([
    [
      'internal',
      [
        [
          0,
          'invoke',
          [
            ['append', 'x', 1],
            ['r', 'x', null],
          ],
        ],
        [
          0,
          'ok',
          [
            ['append', 'x', 1],
            ['r', 'x', []],
          ],
        ],
      ],
      [1],
    ],
    [
      'phantom-value',
      [
        [0, 'invoke', [['r', 'x', null]]],
        [0, 'ok', [['r', 'x', [7]]]],
      ],
      [1],
    ],
    [
      'G1a',
      [
        [0, 'invoke', [['append', 'x', 7]]],
        [0, 'fail', [['append', 'x', 7]]],
        [0, 'invoke', [['r', 'x', null]]],
        [0, 'ok', [['r', 'x', [7]]]],
      ],
      [1, 3],
    ],
    [
      'G1b',
      [
        [
          0,
          'invoke',
          [
            ['append', 'x', 1],
            ['append', 'x', 2],
          ],
        ],
        [1, 'invoke', [['r', 'x', null]]],
        [1, 'ok', [['r', 'x', [1]]]],
      ],
      [0, 2],
    ],
    [
      'incompatible-order',
      [
        [0, 'invoke', [['append', 'x', 1]]],
        [1, 'invoke', [['append', 'x', 2]]],
        [2, 'invoke', [['r', 'x', null]]],
        [2, 'ok', [['r', 'x', [1]]]],
        [2, 'invoke', [['r', 'x', null]]],
        [2, 'ok', [['r', 'x', [2, 1]]]],
      ],
      [3, 5],
    ],
    [
      'duplicate-elements',
      [
        [0, 'invoke', [['append', 'x', 1]]],
        [2, 'invoke', [['r', 'x', null]]],
        [2, 'ok', [['r', 'x', [1, 1]]]],
      ],
      [2],
    ],
  ])('%s, by what was read alone', (type, lines, operations) =>
    expect(judged(history(...lines))).toEqual({ valid: false, found: [[type, operations]] }),
  );
});

test('a value appended twice to a key is left to the search, and that is said', () => {
  const events = history(
    [0, 'invoke', [['append', 'x', 1]]],
    [0, 'ok', [['append', 'x', 1]]],
    [0, 'invoke', [['append', 'x', 1]]],
    [0, 'ok', [['append', 'x', 1]]],
    [1, 'invoke', [['r', 'x', null]]],
    [1, 'ok', [['r', 'x', [1, 1]]]],
  );
  expect(checkListAppend(events)).toMatchObject({ valid: true, method: 'search' });
  expect(checkListAppend(events).warnings?.[0]).toContain('more than once');
});

/** Three clients on a store that forgets, reorders and tears now and then, with outcomes that are lost or wrongly told. */
const randomHistory = (seed: number): History => {
  const rng = createRng(seed);
  const lines: Line[] = [];
  const open = new Map<number, { steps: [string, string, Json][]; answer?: Json }>();
  let [lists, older]: [Record<string, Json[]>, Record<string, Json[]>] = [{}, {}];
  let value = 0;
  const perform = (steps: readonly [string, string, Json][]): Json => {
    const base = rng.chance(0.1) ? older : lists;
    older = lists;
    const now: Record<string, Json[]> = { ...base };
    const answer = steps.map(([verb, key, given]): Json => {
      if (verb === 'r') return [verb, key, now[key] ?? null];
      now[key] = [...(now[key] ?? []), given];
      return [verb, key, given];
    });
    if (steps.some(([verb]) => verb === 'append')) lists = rng.chance(0.9) ? { ...lists, ...pick(now, steps) } : lists;
    return answer;
  };
  const pick = (now: Record<string, Json[]>, steps: readonly [string, string, Json][]) =>
    Object.fromEntries(steps.filter(([verb]) => verb === 'append').map(([, key]) => [key, now[key]!]));
  for (let turn = 0, started = 0; started < 8 || open.size > 0; turn++) {
    const process = rng.int(3) + 3 * (turn % 1);
    const running = open.get(process);
    if (running === undefined) {
      if (started >= 8) continue;
      started++;
      const steps = Array.from({ length: 1 + rng.int(3) }, (): [string, string, Json] =>
        rng.chance(0.5) ? ['append', 'xy'[rng.int(2)]!, ++value] : ['r', 'xy'[rng.int(2)]!, null],
      );
      open.set(process, { steps });
      lines.push([process, 'invoke', steps]);
    } else if (running.answer === undefined) running.answer = perform(running.steps);
    else {
      open.delete(process);
      const type = rng.chance(0.75) ? 'ok' : rng.chance(0.7) ? 'info' : 'fail';
      lines.push([process, type, type === 'ok' ? running.answer : running.steps]);
    }
  }
  return history(...lines);
};

test('agrees with brute force and with the general search on random histories, of which a good part are violations', () => {
  let violations = 0;
  for (let seed = 1; seed <= histories; seed++) {
    const events = randomHistory(seed);
    const { valid, method } = checkListAppend(events);
    expect(method, `seed ${seed}`).toBe('dependencies');
    expect(valid, `seed ${seed}`).toBe(checkLinearizable(events, listAppend).valid);
    expect(valid, `seed ${seed}`).toBe(linearizableByBruteForce(events, listAppend));
    if (valid === false) violations++;
  }
  expect(violations).toBeGreaterThan(histories / 10);
  expect(violations).toBeLessThan(histories * 0.9);
});

test('what an anomaly names is a violation by itself', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const events = randomHistory(seed);
    for (const { operations, type, explanation } of checkListAppend(events).anomalies) {
      if (type === 'G1a') continue; // names a transaction that failed
      const kept = new Set(operations);
      const part = events.filter((event, at) => {
        const other =
          event.type === 'invoke'
            ? events.findIndex((e, i) => i > at && e.process === event.process)
            : events.findLastIndex((e, i) => i < at && e.process === event.process);
        return kept.has(at) || kept.has(other);
      });
      // Reads of what others appended are kept true by what they say: values without their transactions are phantoms too.
      expect(checkLinearizable(part, listAppend).valid, `seed ${seed}: ${explanation}`).toBe(false);
    }
  }
});

/** Every transaction open at the same time: any order is allowed. */
const timeless = (events: History): History => {
  const named = new Map<Event, number>();
  const open = new Map<unknown, number>();
  let process = 0;
  for (const event of events) {
    if (event.type === 'invoke') open.set(event.process, process++);
    named.set(event, open.get(event.process)!);
  }
  const ordered = [...events.filter(({ type }) => type === 'invoke'), ...events.filter(({ type }) => type !== 'invoke')];
  return ordered.map((event, index) => ({ ...event, index, time: index, process: named.get(event)! }));
};

test('serializable agrees with brute force over all orders, real time or not', () => {
  const some = Math.max(300, histories / 10);
  let [violations, strictOnly] = [0, 0];
  for (let seed = 1; seed <= some; seed++) {
    const events = randomHistory(seed);
    const { valid } = checkListAppend(events, {}, 'serializable');
    expect(valid, `seed ${seed}`).toBe(linearizableByBruteForce(timeless(events), listAppend));
    expect(checkListAppend(events, {}, 'repeatable-read').valid, `seed ${seed}`).toBe(valid);
    if (valid === false) violations++;
    else if (checkListAppend(events).valid === false) strictOnly++;
  }
  expect(violations).toBeGreaterThan(some / 20);
  expect(strictOnly).toBeGreaterThan(some / 100);
});

test('a value appended twice to a key: nobody can tell whether that is serializable', () => {
  const twice = [0, 1].flatMap((process): Line[] => [
    [process, 'invoke', [['append', 'x', 1]]],
    [process, 'ok', [['append', 'x', 1]]],
  ]);
  expect(checkListAppend(history(...twice), {}, 'serializable')).toMatchObject({ valid: 'unknown', model: 'serializable' });
});
