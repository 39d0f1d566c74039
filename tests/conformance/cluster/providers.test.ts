/** What every place for nodes must do, whoever provides it: one suite, gone round all of them. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registriesWith } from '../../../harness/cli/registries.ts';
import { settle } from '../../../harness/cli/settings.ts';
import { readLeases } from '../../../harness/cluster/watchdog/lease.ts';
import type { Capability, Cluster, Flow, UnexpectedExit } from '../../../harness/protocol/cluster.ts';
import type { Fault, ScheduledFault } from '../../../harness/protocol/fault.ts';
import { resolveOptions } from '../../../harness/protocol/options.ts';
import { sleep, within } from '../../../harness/std/deadline.ts';
import { createRng } from '../../../harness/std/rng.ts';
import { silence } from '../../../nemesis/faults/silence.ts';
import { faults } from '../../../nemesis/registry.ts';
import { dockerPlaces } from './docker-places.ts';
import { createEchoSystem, echo, tell } from './echo-system.ts';
import { type Ground, localPlaces, type Place, threeNodes } from './places.ts';
import { contextOf, eventually, freshFolder } from './with-cluster.ts';

/** A busy machine is slow, never wrong. */
const soon = () => within(8000);
/** The one whose disk is small enough to be filled. */
const victim = 'n3';

describe.each(
  [...localPlaces, ...dockerPlaces].map(
    place => [`${place.provider.name}${place.missing ? ` (skipped: ${place.missing})` : ''}`, place] as const,
  ),
)('%s', (_name, place) => {
  describe.skipIf(place.missing !== undefined)('keeps to the seam', () => suite(place));
});

const suite = (place: Place): void => {
  let ground: Ground;
  let cluster: Cluster;
  let able: ReadonlySet<Capability>;
  const runFolder = freshFolder();
  const exits: UnexpectedExit[] = [];

  beforeAll(async () => {
    ground = await place.open(createEchoSystem());
    able = await place.provider.capabilities(ground.asked);
    const nodes = (await place.provider.nodes?.(ground.asked)) ?? threeNodes;
    expect(nodes).toEqual(threeNodes);
    cluster = place.provider.create({ ...ground.asked, nodes, runFolder });
    cluster.onUnexpectedExit(exit => exits.push(exit));
    await cluster.prepare?.(within(240_000));
    await cluster.start(within(40_000));
  }, 300_000);

  afterAll(async () => {
    await cluster?.close();
    await ground?.close();
    rmSync(runFolder, { recursive: true, force: true });
  }, 60_000);

  const starts = async (node: string): Promise<unknown> => (await tell(cluster, node, { do: 'ping' })).starts;
  /** Undefined where the place cannot do it: then there is nothing to test. */
  const can = (...needed: Capability[]): boolean => needed.every(capability => able.has(capability));

  test('every node runs, is ready, and is reached by the controller and by clients', async () => {
    for (const node of threeNodes) {
      expect(cluster.state(node)).toBe('running');
      await cluster.ready(node, soon());
      expect(await starts(node)).toBe(1);
      expect(await echo(cluster.links.address('clients', node, 'peer'), 'hello\n', soon())).toBe('hello\n');
    }
  });

  test('every link carries: those of clients, and those between nodes where there are any', async () => {
    for (const to of threeNodes) expect(await cluster.links.ping('clients', to, soon())).toBeGreaterThan(0);
    const peers = cluster.links.flows.filter(({ from, to }) => from !== 'clients' && to !== 'clients');
    expect(peers).toHaveLength(can('peer-links') ? 6 : 0);
    for (const { from, to } of peers) expect(await cluster.links.ping(from, to, soon())).toBeGreaterThan(0);
  });

  test('a cut holds what goes one way on a connection that is open, and what comes the other way arrives', async ({ skip }) => {
    skip(!can('peer-links'), 'no links between nodes');
    await tell(cluster, 'n1', { do: 'dial', to: 'n2', ...cluster.links.address('n1', 'n2', 'peer') });
    const heard = async () => (await tell(cluster, 'n1', { do: 'heard', to: 'n2' })).text;
    const say = (text: string) => tell(cluster, 'n1', { do: 'say', to: 'n2', text });
    const hears = (text: string) => expect(eventually(heard, said => said === text)).resolves.toBe(text);
    const cutting = async (flow: Flow, during: () => Promise<void>) => {
      const cut = await cluster.links.apply([flow], silence);
      expect(await cut.confirm(soon())).toBe(cut.placed);
      await during();
      await cut.remove();
      expect(await cut.confirm(soon())).toBe(0);
    };
    await say('a');
    await hears('a');
    for (const [flow, text] of [
      [{ from: 'n1', to: 'n2' }, 'b'],
      [{ from: 'n2', to: 'n1' }, 'c'],
    ] as const) {
      const before = await heard();
      await cutting(flow, async () => {
        await say(text);
        await sleep(300);
        expect(await heard()).toBe(before);
        expect(await cluster.links.ping('n1', 'n3', soon())).toBeGreaterThan(0);
      });
      await hears(`${before}${text}`);
    }
  });

  test('a killed node is gone at once and comes back on its data', async ({ skip }) => {
    skip(!can('kill'), 'it cannot kill');
    const before = (await starts('n1')) as number;
    expect(await cluster.kill('n1')).toMatch(/n1.*SIGKILL/);
    expect(cluster.state('n1')).toBe('stopped');
    await expect(cluster.ready('n1', within(500))).rejects.toThrow();
    expect(await cluster.kill('n1')).toMatch(/had ended already/);
    for (let times = 0; times < 2; times++) await cluster.restart('n1', within(15_000));
    expect(cluster.state('n1')).toBe('running');
    expect(await starts('n1')).toBe(before + 1);
    expect(await cluster.links.ping('clients', 'n1', soon())).toBeGreaterThan(0);
    if (can('peer-links'))
      for (const [a, b] of [
        ['n1', 'n2'],
        ['n2', 'n1'],
      ] as const)
        expect(await cluster.links.ping(a, b, soon())).toBeGreaterThan(0);
    expect(exits).toEqual([]);
  });

  test('a stopped node ends by itself within its grace', async ({ skip }) => {
    skip(!can('stop'), 'it cannot stop');
    expect(await cluster.stop!('n2', 5000)).toMatch(/n2.*SIGTERM/);
    expect(cluster.state('n2')).toBe('stopped');
    await cluster.restart('n2', within(15_000));
    expect(exits).toEqual([]);
  });

  test('a paused node is silent and forgets nothing', async ({ skip }) => {
    skip(!can('pause'), 'it cannot pause');
    const before = await starts('n2');
    expect(await cluster.pause('n2')).toContain('n2');
    expect(cluster.state('n2')).toBe('paused');
    await expect(cluster.ready('n2', within(500))).rejects.toThrow();
    await cluster.resume('n2');
    await cluster.resume('n2');
    expect(cluster.state('n2')).toBe('running');
    await cluster.ready('n2', soon());
    expect(await starts('n2')).toBe(before);
  });

  test('a node that ends by itself is reported with its last words', async ({ skip }) => {
    skip(!can('kill'), 'it does not own the lives of its nodes');
    await tell(cluster, 'n2', { do: 'exit', code: 7 });
    await eventually(
      async () => exits.length,
      count => count > 0,
    );
    expect(exits).toMatchObject([{ node: 'n2', exitCode: 7, lastWords: expect.stringContaining('told to exit') }]);
    await eventually(
      async () => cluster.state('n2'),
      state => state === 'stopped',
      1000,
    ); // a restart policy may be quicker
    await cluster.restart('n2', within(15_000));
    expect(cluster.state('n2')).toBe('running');
  });

  describe('each fault that it claims takes, is proven, heals, and is proven healed; the others are refused before anything starts', () => {
    test.for(faults.map(fault => [fault.kind, fault] as const))('%s', async ([kind, fault]) => {
      if (!can(...fault.needs)) {
        const code = fault.needs.includes('netem') && can('wires') ? 'no-netem' : 'impossible-fault';
        await expect(refusal(kind)).resolves.toMatchObject({ code, message: expect.stringContaining(kind) });
        return;
      }
      const busy = keepBusy(cluster);
      try {
        const injected = await fault.inject(planOf(fault), contextOf(cluster));
        const proof = await injected.prove(soon());
        for (let times = 0; times < 2; times++) expect(await injected.heal(soon())).toMatchObject({ effective: true });
        expect(proof).toMatchObject({ effective: true });
      } finally {
        await busy.stop();
      }
      for (const node of threeNodes) expect(cluster.state(node)).toBe('running');
    });

    const refusal = async (kind: string): Promise<unknown> => {
      const { provider } = place;
      const { system, composeFile: compose, project: attach } = ground.asked;
      const registries = { ...registriesWith({ systems: [system] }), providers: [provider] };
      return settle({ system: 'echo', workload: 'register', on: provider.name, nemesis: [kind], compose, attach }, registries).catch(
        thrown => thrown,
      );
    };
  });

  test('closed, it leaves nothing and harms nothing', async () => {
    const run = readLeases().find(lease => lease.runFolder === runFolder)!.token;
    expect(await cluster.close()).toEqual([]);
    expect(
      await eventually(
        () => ground.leftovers(runFolder, run),
        left => left.length === 0,
      ),
    ).toEqual([]);
  });
};

/** As the seed would plan it, on the victim. */
const planOf = (fault: Fault): ScheduledFault => {
  const wanted = {
    variant: fault.kind === 'clock' ? 'jump' : 'isolate-one',
    scope: 'one-node',
    target: 'one',
    mode: 'fail',
    share: 0.3,
    delayMs: 100,
  };
  const options = resolveOptions(fault.options, fault.kind === 'cpu' ? { ...wanted, share: 0.01 } : wanted);
  const plan = fault.plan(createRng(1), { nodes: threeNodes, hasRoles: true }, options);
  return { id: 0, kind: fault.kind, startMs: 0, durationMs: 1000, ...plan, target: { nodes: [victim] } };
};

/** Little questions to every node, so that there is something to hold back. */
const keepBusy = (cluster: Cluster): { stop: () => Promise<void> } => {
  const over = new AbortController();
  const asking = threeNodes.map(async node => {
    while (!over.signal.aborted) {
      await echo(cluster.control(node, 'control'), '{"do":"ping"}\n', within(300, over.signal)).catch(() => {});
      await sleep(10, over.signal);
    }
  });
  return {
    stop: async () => {
      over.abort();
      await Promise.all(asking);
    },
  };
};
