/** A whole schedule of every kind of fault on a real cluster: each takes, each heals, and nothing is left, also when it is cut short. */
import { expect, test } from 'vitest';
import type { Cluster } from '../../../harness/protocol/cluster.ts';
import { startSchedule } from '../../../harness/run/nemesis.ts';
import { createRng } from '../../../harness/std/rng.ts';
import { faults } from '../../../nemesis/registry.ts';
import { createSchedule } from '../../../nemesis/schedule/create-schedule.ts';
import { contextOf, nodeNames, withCluster } from './with-cluster.ts';

const three = nodeNames(3);

const begin = (cluster: Cluster, seed: number, timeLimitMs: number) => {
  const schedule = createSchedule({
    seed,
    rng: createRng(seed).fork('nemesis'),
    shape: { nodes: three, hasRoles: true },
    faults,
    intervalMs: 1000,
    timeLimitMs,
    options: {},
  });
  const zero = performance.now();
  const now = () => performance.now() - zero;
  const stop = new AbortController();
  return {
    schedule,
    stop,
    run: startSchedule({ schedule, faults, context: contextOf(cluster), record: () => {}, now, signal: stop.signal }),
  };
};

const expectUnharmed = async (cluster: Cluster): Promise<void> => {
  for (const node of three) {
    expect(cluster.state(node)).toBe('running');
    const { wallMs } = await cluster.readClock(node, AbortSignal.timeout(2000));
    expect(Math.abs(wallMs - Date.now())).toBeLessThan(1000);
  }
  for (const from of three)
    for (const to of three.filter(other => other !== from))
      expect(await cluster.links.ping(from, to, AbortSignal.timeout(2000))).toBeLessThan(1000);
};

test('twelve seconds of every kind of fault, overlapping, leave the cluster as it was', () =>
  withCluster({ nodes: three }, async cluster => {
    const { run, schedule } = begin(cluster, 3, 12_000);
    const records = await run.done;
    expect(records.map(({ id }) => id)).toEqual(schedule.faults.map(({ id }) => id));
    expect(records.filter(({ healed }) => !healed)).toEqual([]);
    expect(records.filter(({ effective }) => effective).length).toBeGreaterThan(records.length / 2);
    await expectUnharmed(cluster);
  }));

test.each([1, 2, 3])('cut short at a random moment, everything heals (seed %i)', seed =>
  withCluster({ nodes: three }, async cluster => {
    const { run, stop } = begin(cluster, seed, 30_000);
    await new Promise(resolve => setTimeout(resolve, 1500 + createRng(seed).int(4000)));
    stop.abort();
    expect((await run.done).filter(({ healed }) => !healed)).toEqual([]);
    expect(run.active()).toEqual([]);
    await expectUnharmed(cluster);
  }),
);
