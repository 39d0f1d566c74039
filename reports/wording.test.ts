import { describe, expect, test } from 'vitest';
import { syntheticRun } from './testing/synthetic.ts';
import { wordVerdict } from './wording.ts';

const { results: drawn } = syntheticRun({ operations: 1000, verdict: true });
const results = { ...drawn, nemesis: ['partition', 'kill'] };

describe('caveats', () => {
  test('a run that went well has none', () => {
    expect(wordVerdict(results).caveats).toEqual([]);
  });

  test.each([
    ['nothing succeeded', { operations: { ok: 0, fail: 4, info: 9 } }, 'Not one operation succeeded, so the verdict says nothing.'],
    [
      'most is unknown',
      { operations: { ok: 4, fail: 0, info: 9 } },
      'More than half of the operations got no clear answer, which leaves little to judge.',
    ],
    [
      'no fault took effect',
      { faults: [{ ...results.faults[0]!, effective: false }] },
      'No fault was proven to take effect, so the system was not put to the test.',
    ],
    [
      'kinds of faults never took effect',
      { nemesis: ['kill', 'reset', 'disk'] },
      'No reset or disk was proven to take effect, so the verdict says nothing about them.',
    ],
    ['a fault did not heal', { faults: results.faults.map((fault, i) => ({ ...fault, healed: i > 0 })) }, '1 fault was not seen to heal.'],
    ['no recovery', { recoveryMs: null }, 'Not every node was seen to answer again after the last fault.'],
    ['a node died', { exits: [{ timeMs: 1, node: 'n1', reason: 'exit code 1' }] }, 'A node ended although no fault ended it.'],
  ])('%s', (_, change, caveat) => {
    expect(wordVerdict({ ...results, ...change }).caveats).toEqual([caveat]);
  });

  test('a violation does not hide that another check did not finish', () => {
    const [linearizable, safety] = results.checks;
    const checks = [
      { ...linearizable!, valid: 'unknown' as const },
      { ...safety!, valid: false },
    ];
    expect(wordVerdict({ ...results, valid: false, checks }).caveats).toEqual(['The check for linearizable did not finish.']);
  });
});

test('the same anomaly on several keys is counted and placed', () => {
  const anomaly = { type: 'stale-read', operations: [1], explanation: '' };
  const anomalies = ['x', 'y'].map(key => ({ ...anomaly, key }));
  const broken = { ...results, valid: false, checks: [{ ...results.checks[0]!, valid: false, anomalies }] };
  expect(wordVerdict(broken).seen).toBe('raft is not linearizable: stale-read ×2 on keys x and y.');
});

test('an unknown model is named without an explanation', () => {
  expect(wordVerdict({ ...results, model: 'bespoke' }).promised).toBe('raft was held to this: its register is bespoke.');
});

test('models that are said of a system and properties that it has are told apart', () => {
  const broken = ['linearizable', 'raft-safety'].map(model => ({ ...results.checks[0]!, model, valid: false as const }));
  expect(wordVerdict({ ...results, valid: false, checks: broken }).seen).toBe(
    'raft is not linearizable and violates raft-safety: a contradiction was found.',
  );
  expect(wordVerdict({ ...results, valid: false, checks: broken.slice(1) }).seen).toMatch(/^raft violates raft-safety: /);
});
