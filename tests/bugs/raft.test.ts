/** Every known bug is caught from its seed, and the report names the operations; the healthy system passes under every nemesis. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Results, resultsSchema } from '../../reports/contract.ts';
import { raft } from '../../systems/raft/system.ts';
import { ordeal, processesOf, scratchFolder } from '../support/ordeal.ts';
import { argumentsOf, knownBugs } from './known-bugs.ts';

const run = async (args: readonly string[]): Promise<{ results: Results; exitCode: number | undefined; cwd: string }> => {
  const cwd = scratchFolder();
  const { stdout, stderr, exitCode } = await ordeal([...args, '--json'], { cwd });
  expect(stdout, stderr).not.toBe('');
  return { results: resultsSchema.parse(JSON.parse(stdout)), exitCode, cwd };
};

test('there is a command for every bug', () => {
  expect(knownBugs.map(({ bug }) => bug).sort()).toEqual(Object.keys(raft.bugs).sort());
});

describe.concurrent.each(knownBugs)('$bug', known => {
  test('is caught, and the operations are named', { timeout: 150_000 }, async () => {
    const { results, exitCode, cwd } = await run(argumentsOf(known));
    expect(exitCode).toBe(1);
    const named = results.checks.flatMap(check => check.anomalies).filter(anomaly => anomaly.operations.length > 0);
    expect(named.map(anomaly => anomaly.type).filter(type => known.anomalies.includes(type))).not.toEqual([]);
    const history = readFileSync(join(results.folder, 'history.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    for (const { key, operations } of named)
      for (const index of operations) expect(history[index]).toMatchObject({ index, ...(key === undefined ? {} : { key }) });
    expect(processesOf(cwd)).toEqual([]);
  });
});

describe.concurrent.each([
  ['partition,kill,clock', 101],
  ['latency,bandwidth,reset,slicer', 102],
  ['partition,pause,latency', 103],
])('healthy under %s, seed %d', (nemesis, seed) => {
  test('passes, with every fault proven and healed', { timeout: 150_000 }, async () => {
    const { results, exitCode } = await run([
      'run',
      '--nemesis',
      nemesis,
      '--seed',
      String(seed),
      '--time-limit',
      '15s',
      '--interval',
      '3s',
    ]);
    expect(results.checks.flatMap(check => check.anomalies)).toEqual([]);
    expect(exitCode).toBe(0);
    expect(results.faults.filter(fault => !fault.healed)).toEqual([]);
    expect(results.faults.filter(fault => fault.effective).length).toBeGreaterThan(0);
    expect(results.recoveryMs).not.toBeNull();
  });
});
