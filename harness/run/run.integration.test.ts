import { expect, test } from 'vitest';
import { once, repeat } from '../generator/basic.ts';
import type { Cluster } from '../protocol/cluster.ts';
import type { System } from '../protocol/system.ts';
import type { Workload } from '../protocol/workload.ts';
import type { RunFolder } from '../store/run-folder.ts';
import type { RunPlan } from './plan.ts';
import { createTally, executeRun, type RunEnvironment } from './run.ts';

const at = { host: '127.0.0.1', port: 1 };
const system = {
  name: 'fake',
  clientPort: 'client',
  connect: async () => ({ invoke: async () => ({ type: 'ok', value: 1 }), close: async () => undefined }),
} as unknown as System;
const workload = {
  name: 'register',
  readOnly: [],
  generator: () => repeat(once({ f: 'write', key: 'x', value: 1 })),
} as unknown as Workload;

const cluster = (closed: () => void): Cluster =>
  ({
    nodes: ['n1'],
    links: { address: () => at },
    control: () => at,
    onUnexpectedExit: () => undefined,
    start: async () => undefined,
    close: async () => {
      closed();
      return [];
    },
  }) as unknown as Cluster;

const plan = {
  system,
  workload,
  nodes: ['n1'],
  faults: [],
  concurrency: 1,
  rate: 'max',
  seed: 1,
  timeLimitMs: 1,
  operationTimeoutMs: 1000,
  startTimeoutMs: 1000,
  recoveryTimeoutMs: 1000,
  checker: { check: () => ({ valid: true }) },
} as unknown as RunPlan;

test('a history that could not be written to its end is not judged, even if that shows only when it is closed', async () => {
  let closed = 0;
  const paths = ['/dev/full', '/dev/null']; // full for the writer; a reader of /dev/full would never come to its end
  const environment: RunEnvironment = {
    folder: { file: () => paths.shift() } as unknown as RunFolder,
    cluster: cluster(() => closed++),
    schedule: { seed: 1, nodes: ['n1'], faults: [] },
    say: () => undefined,
    warn: () => undefined,
    tally: createTally(),
  };
  await expect(executeRun(plan, environment, new AbortController().signal)).rejects.toMatchObject({ code: 'store-full' });
  expect(closed).toBe(1);
});
