import { expect, test } from 'vitest';
import type { Event } from '../history/event.ts';
import type { Verdict } from '../protocol/checker.ts';
import type { FaultRecord } from '../protocol/fault.ts';
import type { RunPlan } from './plan.ts';
import { resultsOf } from './results.ts';
import type { RunOutcome } from './run.ts';

const verdict = (valid: Verdict['valid']): Verdict => ({
  valid,
  workload: 'register',
  model: 'linearizable',
  operations: 1,
  keys: 1,
  elapsedMs: 1,
  anomalies: [],
});

/** The results of a run with one write that ended like this. */
const resultsAfter = (
  type: 'ok' | 'fail' | 'info',
  checks: readonly Verdict[],
  { kinds = [], faults = [] }: { kinds?: readonly string[]; faults?: RunOutcome['faults'] } = {},
) => {
  const common = { process: 0, f: 'write', key: 'x', value: 1, node: 'n1' };
  const history: Event[] = [
    { ...common, index: 0, time: 1, type: 'invoke' },
    { ...common, index: 1, time: 2, type },
  ];
  const plan = {
    system: { name: 'fake', version: '1' },
    workload: { name: 'register' },
    nodes: ['n1'],
    bugs: [],
    faults: kinds.map(kind => ({ kind })),
  };
  const outcome: Partial<RunOutcome> = { checks, history, faults, leaders: [], exits: [], warnings: [], loadStartMs: 0, loadEndMs: 1 };
  const meta = { startedAt: '2026-01-01T00:00:00.000Z', command: '', versions: {}, folder: '' };
  return resultsOf(plan as unknown as RunPlan, outcome as RunOutcome, meta);
};

test('a run whose operations all failed is unknown as a whole and in every check, and says why', () => {
  for (const type of ['fail', 'info'] as const) {
    const results = resultsAfter(type, [verdict(true), verdict(true)]);
    expect(results.valid).toBe('unknown');
    for (const check of results.checks)
      expect(check).toMatchObject({ valid: 'unknown', unknown: expect.stringContaining('tested nothing') });
    expect(results.warnings).toEqual([expect.stringContaining('tested nothing')]);
  }
});

test('a violation stays one although nothing succeeded', () => {
  const results = resultsAfter('info', [verdict(false), verdict(true)]);
  expect(results.valid).toBe(false);
  expect(results.checks.map(({ valid }) => valid)).toEqual([false, 'unknown']);
});

test('one success is enough for a verdict', () => {
  const results = resultsAfter('ok', [verdict(true)]);
  expect(results.valid).toBe(true);
  expect(results.warnings).toEqual([]);
});

test('a kind of fault that was asked for and never took effect is named, with the reason', () => {
  const common = { targets: ['n1'], startMs: 0, endMs: 1, healed: true, healProof: '', params: {} };
  const faults: FaultRecord[] = [
    { ...common, id: 0, kind: 'kill', effective: false, proof: 'n1 had ended already' },
    { ...common, id: 1, kind: 'pause', effective: false, proof: 'n1 answered although paused' },
    { ...common, id: 2, kind: 'pause', effective: true, proof: 'no answer' },
  ];
  expect(resultsAfter('ok', [verdict(true)], { kinds: ['kill', 'pause', 'clock'], faults }).warnings).toEqual([
    '2 of 3 faults were not seen to take effect and count as no coverage',
    'no kill took effect, so this run says nothing about it: the only one failed to: n1 had ended already',
    expect.stringMatching(/^no clock took effect, so this run says nothing about it: none came up within the time limit/),
  ]);
});
