/** Every fault takes, is proven, heals and is proven healed, on real processes and links. */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../../harness/protocol/cluster.ts';
import type { Fault, FaultPlan, Injected, ScheduledFault } from '../../../harness/protocol/fault.ts';
import type { System } from '../../../harness/protocol/system.ts';
import { clock } from '../../../nemesis/faults/clock.ts';
import { kill } from '../../../nemesis/faults/kill.ts';
import { bandwidth, latency, reset, slicer } from '../../../nemesis/faults/link-faults.ts';
import { partition } from '../../../nemesis/faults/partition.ts';
import { pauseNodes } from '../../../nemesis/faults/pause.ts';
import { createEchoSystem, dial, tell } from './echo-system.ts';
import { localPlaces } from './places.ts';
import { realToxiproxy, startRealToxiproxy } from './real-toxiproxy.ts';
import { contextOf, freshFolder, nodeNames, withCluster } from './with-cluster.ts';

const soon = () => AbortSignal.timeout(5000);
const scheduled = (kind: string, plan: FaultPlan): ScheduledFault => ({ id: 0, kind, startMs: 0, durationMs: 1000, ...plan });
const injectOn = (
  cluster: Cluster,
  fault: Fault,
  plan: FaultPlan,
  roles?: { leader: string | undefined; term: number },
): Promise<Injected> => fault.inject(scheduled(fault.kind, plan), contextOf(cluster, roles));

const three = nodeNames(3);

type Case = readonly [name: string, fault: Fault, plan: FaultPlan, targets: readonly string[], proof: RegExp];

const linkCases: readonly Case[] = [
  [
    'isolate-one',
    partition,
    { target: { nodes: ['n2'] }, params: { variant: 'isolate-one' } },
    ['n2>n1', 'n1>n2', 'n2>n3', 'n3>n2'],
    /fell silent/,
  ],
  [
    'isolate-leader',
    partition,
    { target: { role: 'leader' }, params: { variant: 'isolate-leader' } },
    ['n1>n2', 'n2>n1', 'n1>n3', 'n3>n1'],
    /fell silent/,
  ],
  ['one-way', partition, { target: { nodes: ['n3'] }, params: { variant: 'one-way', direction: 'in' } }, ['n1>n3', 'n2>n3'], /fell silent/],
  ['leader-churn', partition, { target: { role: 'leader' }, params: { variant: 'leader-churn', seed: 1 } }, ['n1'], /were silent for/],
  ['latency', latency, { target: { nodes: ['n1'] }, params: { scope: 'one-node', delayMs: 100, jitterMs: 20 } }, [], /72 ms longer/],
  ['bandwidth', bandwidth, { target: { role: 'all' }, params: { scope: 'all', rateKBps: 10 } }, [], /10 KB\/s/],
  ['slicer', slicer, { target: { role: 'all' }, params: { scope: 'all', sizeBytes: 1, delayUs: 100 } }, [], /pieces of 1 bytes/],
  ['reset', reset, { target: { role: 'all' }, params: { scope: 'some-links', links: [['n1', 'n2']], afterMs: 0 } }, ['n1>n2'], /reset/],
];

const nodeCases: readonly Case[] = [
  ['kill', kill, { target: { role: 'leader' }, params: {} }, ['n1'], /ended with signal SIGKILL/],
  ['kill of all', kill, { target: { nodes: three }, params: {} }, three, /n3: process \d+ ended/],
  ['pause', pauseNodes, { target: { nodes: ['n2', 'n3'] }, params: {} }, ['n2', 'n3'], /state T/],
  [
    'clock jump',
    clock,
    { target: { nodes: ['n1', 'n2'] }, params: { variant: 'jump', offsetMs: -60_000 } },
    ['n1', 'n2'],
    /n2's clock is off by (59|60)\d\d\d ms/,
  ],
  ['clock drift', clock, { target: { nodes: ['n1'] }, params: { variant: 'drift', rate: 2 } }, ['n1'], /times as fast as time/],
  ['clock strobe', clock, { target: { nodes: ['n1'] }, params: { variant: 'strobe', offsetMs: 5000, periodMs: 50 } }, ['n1'], /in turn/],
];

const takesAndHeals =
  (url: () => string | undefined) =>
  (_name: string, fault: Fault, plan: FaultPlan, targets: readonly string[], proof: RegExp): Promise<void> =>
    withCluster({ nodes: three, toxiproxyUrl: url() }, async cluster => {
      const injected = await injectOn(cluster, fault, plan);
      const proven = await injected.prove(soon());
      expect(proven).toMatchObject({ effective: true, detail: expect.stringMatching(proof) });
      if (targets.length > 0) expect([...injected.targets].sort()).toEqual([...targets].sort());
      for (let times = 0; times < 2; times++) expect(await injected.heal(soon())).toMatchObject({ effective: true });
      for (const node of three) expect(cluster.state(node)).toBe('running');
      expect(await cluster.links.ping('n1', 'n2', soon())).toBeLessThan(1000);
    });

describe('each fault takes and heals', () => {
  test.each([...linkCases, ...nodeCases])(
    '%s',
    takesAndHeals(() => undefined),
  );
});

describe.skipIf(realToxiproxy === undefined)('on the real toxiproxy-server (skipped where there is none)', () => {
  let server: Awaited<ReturnType<typeof startRealToxiproxy>>;
  beforeAll(async () => {
    server = await startRealToxiproxy();
  });
  afterAll(() => server.stop());
  test.each(linkCases)(
    '%s',
    takesAndHeals(() => server.url),
  );
});

describe('what did not take is said to be ineffective, with the reason', () => {
  const refused: readonly (readonly [why: string, fault: Fault, plan: FaultPlan, reason: RegExp])[] = [
    ['a kill of a dead node', kill, { target: { nodes: ['n1'] }, params: {} }, /n1 had ended already/],
    ['a pause of a dead node', pauseNodes, { target: { nodes: ['n1'] }, params: {} }, /n1 had ended already/],
    ['a skew of a dead node', clock, { target: { nodes: ['n1'] }, params: { variant: 'jump', offsetMs: 1000 } }, /do not run/],
    ['a partition where nobody leads', partition, { target: { role: 'leader' }, params: { variant: 'isolate-leader' } }, /nobody led/],
  ];
  test.each(refused)('%s', (_why, fault, plan, reason) =>
    withCluster({ nodes: nodeNames(2) }, async cluster => {
      await cluster.kill('n1');
      const injected = await injectOn(cluster, fault, plan, { leader: undefined, term: 0 });
      expect(await injected.prove(soon())).toMatchObject({ effective: false, detail: expect.stringMatching(reason) });
      await injected.heal(soon());
      expect(cluster.state('n1')).toBe('stopped');
    }),
  );

  test('a partition of a cluster of one', () =>
    withCluster({ nodes: ['n1'] }, async cluster => {
      const injected = await injectOn(cluster, partition, { target: { nodes: ['n1'] }, params: { variant: 'isolate-one' } });
      expect(await injected.prove(soon())).toMatchObject({ effective: false, detail: expect.stringContaining('only one node') });
    }));
});

describe('faults overlap, and healing one heals no other', () => {
  test('a latency and a partition on the same link', () =>
    withCluster({ nodes: nodeNames(2) }, async cluster => {
      const slow = await injectOn(cluster, latency, { target: { role: 'all' }, params: { scope: 'all', delayMs: 250, jitterMs: 0 } });
      const cut = await injectOn(cluster, partition, { target: { nodes: ['n1'] }, params: { variant: 'isolate-one' } });
      expect(await cut.prove(soon())).toMatchObject({ effective: true });
      expect(await slow.heal(soon())).toMatchObject({ effective: true, detail: expect.stringContaining('another fault') });
      expect(await cut.prove(soon())).toMatchObject({ effective: true });
      expect(await cut.heal(soon())).toMatchObject({ effective: true });
      expect(await cluster.links.ping('n1', 'n2', soon())).toBeLessThan(500);
    }));

  test('a paused node is killed: the kill restarts it, the pause has nothing to resume', () =>
    withCluster({ nodes: nodeNames(2) }, async cluster => {
      const plan: FaultPlan = { target: { nodes: ['n1'] }, params: {} };
      const paused = await injectOn(cluster, pauseNodes, plan);
      const killed = await injectOn(cluster, kill, plan);
      expect(await killed.prove(soon())).toMatchObject({ effective: true });
      expect(await paused.heal(soon())).toMatchObject({
        effective: true,
        detail: expect.stringContaining('n1 is stopped by another fault'),
      });
      expect(cluster.state('n1')).toBe('stopped');
      expect(await killed.heal(soon())).toMatchObject({ effective: true });
      expect(cluster.state('n1')).toBe('running');
    }));

  test('a pause that came after a restart is not resumed by the pause before it', () =>
    withCluster({ nodes: nodeNames(2) }, async cluster => {
      const plan: FaultPlan = { target: { nodes: ['n1'] }, params: {} };
      const first = await injectOn(cluster, pauseNodes, plan);
      const killed = await injectOn(cluster, kill, plan);
      await killed.heal(soon());
      const second = await injectOn(cluster, pauseNodes, plan);
      await first.heal(soon());
      expect(cluster.state('n1')).toBe('paused');
      await second.heal(soon());
      expect(cluster.state('n1')).toBe('running');
    }));

  test('a skewed clock stays skewed across a restart, and is right after its own heal only', () =>
    withCluster({ nodes: nodeNames(2) }, async cluster => {
      const skewed = await injectOn(cluster, clock, { target: { nodes: ['n1'] }, params: { variant: 'jump', offsetMs: 60_000 } });
      const killed = await injectOn(cluster, kill, { target: { nodes: ['n1'] }, params: {} });
      await killed.heal(soon());
      expect(await skewed.prove(soon())).toMatchObject({ effective: true });
      await skewed.heal(soon());
      const { wallMs } = await cluster.readClock('n1', soon());
      expect(Math.abs(wallMs - Date.now())).toBeLessThan(1000);
    }));

  test('a clock set right while its node is paused is right as soon as it resumes', () =>
    withCluster({ nodes: nodeNames(2) }, async cluster => {
      const skewed = await injectOn(cluster, clock, { target: { nodes: ['n1'] }, params: { variant: 'jump', offsetMs: 60_000 } });
      const paused = await injectOn(cluster, pauseNodes, { target: { nodes: ['n1'] }, params: {} });
      expect(await skewed.heal(soon())).toMatchObject({ effective: true });
      await paused.heal(soon());
      const { wallMs } = await cluster.readClock('n1', soon());
      expect(Math.abs(wallMs - Date.now())).toBeLessThan(1000);
    }));
});

test('a killed node starts again on the same data', () =>
  withCluster({ nodes: nodeNames(2) }, async cluster => {
    for (let restarts = 0; restarts < 2; restarts++) {
      await cluster.kill('n1');
      await cluster.restart('n1', soon());
    }
    expect(await tell(cluster, 'n1', { do: 'ping' })).toEqual({ starts: 3 });
  }));

describe('a system that cannot be pinged: the bytes of its clients prove what is done to their links', () => {
  const unpinged = (): System => {
    const { ping: _none, ...system } = createEchoSystem();
    return system;
  };
  const all = { target: { role: 'all' }, params: { scope: 'all' } } as const;
  const cases: readonly Case[] = [
    ['latency', latency, { ...all, params: { scope: 'all', delayMs: 100, jitterMs: 20 } }, [], /bytes stayed \d+ ms longer/],
    ['bandwidth', bandwidth, { ...all, params: { scope: 'all', rateKBps: 10 } }, [], /bytes came through/],
    ['slicer', slicer, { ...all, params: { scope: 'all', sizeBytes: 4, delayUs: 100 } }, [], /bytes came through/],
    ['reset', reset, { ...all, params: { scope: 'all', afterMs: 0 } }, [], /before, and none in/],
  ];

  test.each(localPlaces.map(place => [place.provider.name, place] as const))('%s', async (_name, place) => {
    const ground = await place.open(unpinged());
    const runFolder = freshFolder();
    const cluster = place.provider.create({ ...ground.asked, nodes: three, runFolder });
    try {
      await cluster.start(AbortSignal.timeout(30_000));
      const clients = chatter(cluster);
      for (const [, fault, plan, , proof] of cases) {
        const injected = await injectOn(cluster, fault, plan);
        expect(await injected.prove(soon())).toMatchObject({ effective: true, detail: expect.stringMatching(proof) });
        expect(await injected.heal(soon())).toMatchObject({ effective: true, detail: expect.stringContaining('came through') });
      }
      clients.stop();
    } finally {
      await cluster.close();
      await ground.close();
    }
  });

  test('a partition, by what nodes say to each other', () =>
    withCluster({ nodes: three, system: unpinged() }, async cluster => {
      await dial(cluster, 'n1', 'n2');
      const talking = setInterval(() => void tell(cluster, 'n1', { do: 'say', to: 'n2', text: 'and another thing' }).catch(() => {}), 20);
      try {
        const injected = await injectOn(cluster, partition, { target: { nodes: ['n1'] }, params: { variant: 'isolate-one' } });
        expect(await injected.prove(soon())).toMatchObject({
          effective: true,
          detail: expect.stringMatching(/bytes entered the cut links and none came out/),
        });
        expect(await injected.heal(soon())).toMatchObject({ effective: true, detail: expect.stringContaining('came through') });
      } finally {
        clearInterval(talking);
      }
    }));

  /** One client of each node that says something every 10 ms, and comes back when it is thrown out. */
  const chatter = (cluster: Cluster): { stop: () => void } => {
    const sockets = new Map<string, Socket>();
    const open = (node: string): void => {
      const { host, port } = cluster.links.address('clients', node, 'peer');
      const socket = connect(port, host);
      sockets.set(node, socket);
      socket.on('error', () => {});
      socket.resume();
    };
    const talking = setInterval(() => {
      for (const node of three) {
        const socket = sockets.get(node);
        if (socket === undefined || socket.destroyed) open(node);
        else if (socket.writable) socket.write('x'.repeat(64));
      }
    }, 10);
    return {
      stop: () => {
        clearInterval(talking);
        for (const socket of sockets.values()) socket.destroy();
      },
    };
  };
});
