import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Schedule } from '../../harness/protocol/fault.ts';
import { createRng } from '../../harness/std/rng.ts';
import { faults } from '../registry.ts';
import { calmStartMs, createSchedule, leastDurationMs, type ScheduleRequest } from './create-schedule.ts';
import { printSchedule } from './print-schedule.ts';
import { formatSchedule, parseSchedule } from './schedule-file.ts';
import { shrinkSchedule } from './shrink-schedule.ts';

const faultsNamed = (kinds: readonly string[]) => kinds.flatMap(kind => faults.filter(fault => fault.kind === kind));

const request = (seed: number, more: Partial<ScheduleRequest> = {}): ScheduleRequest => ({
  seed,
  rng: createRng(seed).fork('nemesis'),
  shape: { nodes: ['n1', 'n2', 'n3', 'n4', 'n5'], hasRoles: true },
  faults: faultsNamed(['partition', 'kill', 'clock']),
  intervalMs: 10_000,
  timeLimitMs: 60_000,
  options: {},
  ...more,
});

const requests = fc.record({
  seed: fc.integer(),
  kinds: fc.subarray(
    faults.map(({ kind }) => kind),
    { minLength: 1 },
  ),
  intervalMs: fc.integer({ min: 300, max: 30_000 }),
  timeLimitMs: fc.integer({ min: 0, max: 120_000 }),
});

const drawn = ({ seed, kinds, intervalMs, timeLimitMs }: { seed: number; kinds: string[]; intervalMs: number; timeLimitMs: number }) =>
  createSchedule(request(seed, { faults: faultsNamed(kinds), intervalMs, timeLimitMs }));

test('the same seed and options give the same bytes, another seed others', () => {
  fc.assert(
    fc.property(requests, at => {
      expect(formatSchedule(drawn(at))).toBe(formatSchedule(drawn(at)));
    }),
  );
  expect(formatSchedule(createSchedule(request(7)))).not.toBe(formatSchedule(createSchedule(request(8))));
});

test('what was drawn from the generator before does not matter', () => {
  const used = createRng(7).fork('nemesis');
  used.float();
  expect(createSchedule(request(7, { rng: used }))).toEqual(createSchedule(request(7)));
});

test('nothing starts before the calm is over, goes on past the limit, or is too short to be proven', () => {
  fc.assert(
    fc.property(requests, at => {
      for (const { startMs, durationMs } of drawn(at).faults) {
        expect(Number.isInteger(startMs) && Number.isInteger(durationMs)).toBe(true);
        expect(startMs).toBeGreaterThanOrEqual(calmStartMs);
        expect(startMs + durationMs).toBeLessThanOrEqual(at.timeLimitMs);
        expect(durationMs).toBeGreaterThanOrEqual(leastDurationMs);
        expect(durationMs).toBeLessThanOrEqual(Math.max(leastDurationMs, Math.ceil(0.8 * at.intervalMs)));
      }
    }),
  );
});

test('ids count up in the order of time, and the same kind never overlaps itself', () => {
  fc.assert(
    fc.property(requests, at => {
      const { faults: all } = drawn(at);
      expect(all.map(({ id }) => id)).toEqual(all.map((_, i) => i));
      for (const [i, fault] of all.entries()) {
        if (i > 0) expect(fault.startMs).toBeGreaterThanOrEqual(all[i - 1]!.startMs);
        const later = all.slice(i + 1).find(({ kind }) => kind === fault.kind);
        if (later) expect(later.startMs).toBeGreaterThanOrEqual(fault.startMs + fault.durationMs);
      }
    }),
  );
});

test('every kind asked for turns up within as many intervals as there are kinds', () => {
  for (let seed = 0; seed < 50; seed++) {
    const kinds = new Set(createSchedule(request(seed, { timeLimitMs: 40_000 })).faults.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['clock', 'kill', 'partition']);
  }
});

test('about one fault per interval, and faults of different kinds overlap now and then', () => {
  let faultCount = 0;
  let overlaps = 0;
  for (let seed = 0; seed < 50; seed++) {
    const { faults: all } = createSchedule(request(seed));
    faultCount += all.length;
    overlaps += all.filter((fault, i) => all.slice(i + 1).some(later => later.startMs < fault.startMs + fault.durationMs)).length;
  }
  expect(faultCount / 50).toBeGreaterThan(5);
  expect(faultCount / 50).toBeLessThan(10);
  expect(overlaps / 50).toBeGreaterThan(1);
});

test('a run of three seconds has a fault, and one of a second has none', () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(createSchedule(request(seed, { timeLimitMs: 3000 })).faults.length).toBeGreaterThan(0);
    expect(createSchedule(request(seed, { timeLimitMs: 1000 })).faults).toEqual([]);
  }
});

test('no faults asked for, none planned', () => {
  expect(createSchedule(request(1, { faults: [] })).faults).toEqual([]);
});

test('options reach their fault under its name, and no other', () => {
  const options = { 'partition.variant': 'halves', 'kill.target': 'all', 'kill.durationMs': 700, keys: 5 };
  const { faults: all } = createSchedule(request(3, { options }));
  expect(all.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['partition', 'kill']));
  for (const { params } of all.filter(({ kind }) => kind === 'partition')) expect(params.variant).toBe('halves');
  for (const { target, durationMs } of all.filter(({ kind }) => kind === 'kill')) {
    expect(target).toEqual({ nodes: ['n1', 'n2', 'n3', 'n4', 'n5'] });
    expect(durationMs).toBe(700);
  }
  expect(() => createSchedule(request(3, { options: { 'kill.target': 'nobody' } }))).toThrow(/target=nobody/);
});

describe('the file', () => {
  test('what is written is read back the same', () => {
    const schedule = createSchedule(request(5));
    expect(parseSchedule(formatSchedule(schedule))).toEqual(schedule);
  });
  test.each([
    ['torn', '{"seed": 1, "nodes"', /is not a schedule/],
    [
      'a fault without a kind',
      '{"seed":1,"nodes":[],"faults":[{"id":0,"startMs":1,"durationMs":1,"target":{"nodes":[]},"params":{}}]}',
      /faults\[0\]\.kind/,
    ],
    [
      'an unknown role',
      '{"seed":1,"nodes":[],"faults":[{"id":0,"kind":"kill","startMs":1,"durationMs":1,"target":{"role":"king"},"params":{}}]}',
      /target/,
    ],
  ])('%s is refused with the place', (_what, text, reason) => {
    expect(() => parseSchedule(text)).toThrow(reason);
  });
});

test('a schedule prints as one readable line per fault', () => {
  const schedule: Schedule = {
    seed: 1,
    nodes: ['n1', 'n2'],
    faults: [
      {
        id: 0,
        kind: 'partition',
        startMs: 1200,
        durationMs: 5800,
        target: { role: 'leader' },
        params: { variant: 'isolate-leader' },
      },
      { id: 1, kind: 'kill', startMs: 9000, durationMs: 500, target: { nodes: ['n1', 'n2'] }, params: {} },
    ],
  };
  expect(printSchedule(schedule)).toEqual([
    '#0  1.2 s to 7.0 s  partition on the leader: variant isolate-leader',
    '#1  9.0 s to 9.5 s  kill on n1, n2',
  ]);
});

test('every shrunk schedule is smaller, and is a schedule', () => {
  const size = (schedule: ReturnType<typeof createSchedule>) => schedule.faults.reduce((total, { durationMs }) => total + durationMs, 0);
  const schedule = createSchedule(request(5));
  const candidates = shrinkSchedule(schedule);
  expect(candidates.length).toBeGreaterThan(schedule.faults.length);
  for (const candidate of candidates) {
    expect(size(candidate)).toBeLessThan(size(schedule));
    expect(parseSchedule(formatSchedule(candidate))).toEqual(candidate);
  }
  expect(shrinkSchedule({ ...schedule, faults: [] })).toEqual([]);
});
