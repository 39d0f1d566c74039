import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Cluster } from '../protocol/cluster.ts';
import type { Evidence, Fault, FaultContext, Schedule } from '../protocol/fault.ts';
import type { System } from '../protocol/system.ts';
import { type ActiveFault, type NemesisEvent, type ScheduleRunOptions, startSchedule } from './nemesis.ts';

const yes = (detail: string): Evidence => ({ effective: true, detail });

/** What happened to the world, in order: `inject a`, `heal a`. */
let world: string[];
let stop: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  world = [];
  stop = new AbortController();
});
afterEach(() => {
  vi.useRealTimers();
});

const fault = (
  kind: string,
  more: Partial<{ inject: Fault['inject']; prove: () => Promise<Evidence>; heal: () => Promise<Evidence> }> = {},
): Fault => ({
  kind,
  needs: [],
  summary: '',
  options: {},
  plan: () => ({ target: { nodes: ['n1'] }, params: {} }),
  inject:
    more.inject ??
    (async () => {
      world.push(`inject ${kind}`);
      return {
        targets: ['n1'],
        prove: more.prove ?? (async () => yes(`saw ${kind}`)),
        heal: async () => {
          world.push(`heal ${kind}`);
          return more.heal ? more.heal() : yes(`healed ${kind}`);
        },
      };
    }),
});

const scheduleOf = (...faults: [kind: string, startMs: number, durationMs: number][]): Schedule => ({
  seed: 1,
  nodes: ['n1'],
  faults: faults.map(([kind, startMs, durationMs], id) => ({
    id,
    kind,
    startMs,
    durationMs,
    target: { nodes: ['n1'] },
    params: { n: id },
  })),
});

const begin = (schedule: Schedule, faults: Fault[], more: Partial<ScheduleRunOptions> = {}) => {
  const zero = Date.now() - 5000; // the run began five seconds before the load
  const events: NemesisEvent[] = [];
  const seen: (readonly ActiveFault[])[] = [];
  const context: FaultContext = {
    cluster: {} as Cluster,
    system: {} as System,
    roles: async () => ({ leader: undefined, term: undefined, followers: [] }),
    signal: new AbortController().signal,
  };
  const run = startSchedule({
    schedule,
    faults,
    context,
    record: event => events.push(event),
    now: () => Date.now() - zero,
    signal: stop.signal,
    onChange: active => seen.push(active),
    ...more,
  });
  return { run, events, seen };
};

test('each fault is injected in its time, proven, and healed in its time', async () => {
  const { run, events } = begin(scheduleOf(['a', 1000, 2000], ['b', 2000, 500]), [fault('a'), fault('b')]);
  await vi.advanceTimersByTimeAsync(999);
  expect(world).toEqual([]);
  await vi.advanceTimersByTimeAsync(3000);
  expect(world).toEqual(['inject a', 'inject b', 'heal b', 'heal a']);
  expect(await run.done).toEqual([
    {
      id: 0,
      kind: 'a',
      targets: ['n1'],
      startMs: 6000,
      endMs: 8000,
      effective: true,
      proof: 'saw a',
      healed: true,
      healProof: 'healed a',
      params: { n: 0 },
    },
    {
      id: 1,
      kind: 'b',
      targets: ['n1'],
      startMs: 7000,
      endMs: 7500,
      effective: true,
      proof: 'saw b',
      healed: true,
      healProof: 'healed b',
      params: { n: 1 },
    },
  ]);
  expect(events.filter(({ f }) => f === 'a').map(({ value }) => value)).toEqual([
    { id: 0, phase: 'inject', targets: ['n1'], params: { n: 0 } },
    { id: 0, phase: 'proof', targets: ['n1'], effective: true, detail: 'saw a' },
    { id: 0, phase: 'heal', targets: ['n1'], effective: true, detail: 'healed a' },
  ]);
  for (const event of events) expect(event).toMatchObject({ process: 'nemesis', type: 'info' });
});

test('the active faults can be seen while they last', async () => {
  const { run, seen } = begin(scheduleOf(['a', 1000, 1000]), [fault('a')]);
  await vi.advanceTimersByTimeAsync(1500);
  expect(run.active()).toEqual([{ id: 0, kind: 'a', targets: ['n1'], sinceMs: 6000 }]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(run.active()).toEqual([]);
  expect(seen.at(-1)).toEqual([]);
});

describe('nothing is left, whatever happens', () => {
  test('an abort heals at once and starts nothing more', async () => {
    const { run } = begin(scheduleOf(['a', 1000, 60_000], ['b', 30_000, 1000]), [fault('a'), fault('b')]);
    await vi.advanceTimersByTimeAsync(2000);
    stop.abort();
    const records = await run.done;
    expect(world).toEqual(['inject a', 'heal a']);
    expect(records).toMatchObject([{ kind: 'a', endMs: 7000, healed: true }]);
  });

  test('healAll does the same', async () => {
    const { run } = begin(scheduleOf(['a', 1000, 60_000]), [fault('a')]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await run.healAll()).toMatchObject([{ kind: 'a', healed: true }]);
  });

  test('a proof cut short by the abort proves nothing', async () => {
    const slowProof = fault('a', { prove: () => new Promise(resolve => setTimeout(() => resolve(yes('silence')), 500)) });
    const { run } = begin(scheduleOf(['a', 1000, 60_000]), [slowProof]);
    await vi.advanceTimersByTimeAsync(1200);
    stop.abort();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await run.done).toMatchObject([{ effective: false, proof: expect.stringContaining('stopped'), healed: true }]);
  });

  test('an injection that throws is recorded as ineffective, with the reason', async () => {
    const broken = fault('a', { inject: () => Promise.reject(new Error('no such port')) });
    const { run } = begin(scheduleOf(['a', 1000, 1000]), [broken]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(await run.done).toMatchObject([
      { effective: false, proof: 'it could not be injected: no such port', targets: [], healed: true },
    ]);
  });

  test('an injection that takes too long is healed when it comes after all', async () => {
    const late = fault('a', {
      inject: async () => {
        await new Promise(resolve => setTimeout(resolve, 1500));
        world.push('inject a');
        return {
          targets: [],
          prove: async () => yes(''),
          heal: async () => {
            world.push('heal a');
            return yes('healed late');
          },
        };
      },
    });
    const { run } = begin(scheduleOf(['a', 1000, 500]), [late], { stepMs: 1000 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await run.done).toMatchObject([
      { effective: false, proof: expect.stringContaining('longer than 1000 ms'), healed: true, healProof: 'healed late' },
    ]);
    expect(world).toEqual(['inject a', 'heal a']);
  });

  test('a proof that throws does not keep the fault from being healed', async () => {
    const { run } = begin(scheduleOf(['a', 1000, 1000]), [fault('a', { prove: () => Promise.reject(new Error('probe broke')) })]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(await run.done).toMatchObject([{ effective: false, proof: 'the proof failed: probe broke', healed: true }]);
  });

  test('a healing that fails is tried again, and owned up to when it fails again', async () => {
    const stubborn = fault('a', { heal: () => Promise.reject(new Error('still cut')) });
    const { run } = begin(scheduleOf(['a', 1000, 1000]), [stubborn]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(world).toEqual(['inject a', 'heal a', 'heal a']);
    expect(await run.done).toMatchObject([{ healed: false, healProof: 'the healing failed: still cut' }]);
  });

  test('a history that cannot be written does not keep a fault from being healed', async () => {
    const record = () => {
      throw new Error('disk full');
    };
    const { run } = begin(scheduleOf(['a', 1000, 1000]), [fault('a')], { record });
    await vi.advanceTimersByTimeAsync(3000);
    expect(await run.done).toMatchObject([{ healed: true }]);
  });
});

test('a schedule that names a fault which was not chosen is refused before anything is injected', () => {
  expect(() => begin(scheduleOf(['a', 1000, 1000]), [fault('b')])).toThrow(/the fault a/);
});
