/** The life of nodes that are containers: everything that is done to them takes, is proven, and is undone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { dockerTest } from '../../../harness/cluster/docker/testing/docker-here.ts';
import type { Cluster, HostFault } from '../../../harness/protocol/cluster.ts';
import { sleep, within } from '../../../harness/std/deadline.ts';
import { tell } from './echo-system.ts';
import { nodeNames, withContainers } from './with-containers.ts';

const soon = () => within(10_000);

const eventually = async (what: string, holds: () => boolean): Promise<void> => {
  for (const until = performance.now() + 5000; !holds(); await sleep(50))
    if (performance.now() > until) throw new Error(`after 5 s still not: ${what}`);
};

describe('lives', () => {
  dockerTest('five nodes start and end in seconds; a killed one comes back with its data, a paused one says nothing', engine =>
    withContainers(engine, { nodes: nodeNames(5) }, async (cluster, { folder }) => {
      expect(await cluster.kill('n1')).toMatch(/^n1: container \w+ ended with signal SIGKILL \d+ ms after SIGKILL$/);
      expect(cluster.state('n1')).toBe('stopped');
      await expect(tell(cluster, 'n1', 'ping', within(500))).rejects.toThrow();
      expect(await cluster.kill('n1')).toBe('n1 had ended already');
      await cluster.restart('n1', soon());
      expect(await tell(cluster, 'n1', 'starts')).toBe('2');

      expect(await cluster.pause('n2')).toMatch(/^n2: container \w+: the (kernel|engine) reports/);
      expect(cluster.state('n2')).toBe('paused');
      await expect(tell(cluster, 'n2', 'ping', within(300))).rejects.toThrow();
      await cluster.resume('n2');
      expect(await tell(cluster, 'n2', 'starts')).toBe('1');

      expect(await cluster.stop!('n3', 3000)).toMatch(/ended with exit code 0 \d+ ms after SIGTERM/);
      await cluster.restart('n3', soon());

      expect(await tell(cluster, 'n4', 'say 5000')).toBe('said');
      await eventually('the whole output is in the log', () =>
        readFileSync(join(folder, 'nodes/n4/stdout.log'), 'utf8').includes('line 5000\n'),
      );
      const lines = readFileSync(join(folder, 'nodes/n4/stdout.log'), 'utf8').trim().split('\n');
      expect(lines.filter(line => line.startsWith('line '))).toHaveLength(5000);
      expect(readFileSync(join(folder, 'nodes/n4/stderr.log'), 'utf8')).toBe('said\n');
      expect(readFileSync(join(folder, 'nodes/n1/stdout.log'), 'utf8')).toBe('n1 serves on 7000, start 1\nn1 serves on 7000, start 2\n');

      expect(cluster.describe!()).toMatchObject({
        engine: { version: expect.any(String) },
        images: [{ id: expect.stringMatching(/^sha256:/) }],
      });
      const before = performance.now();
      expect(await cluster.close()).toEqual([]);
      expect(performance.now() - before).toBeLessThan(5000);
      expect(readFileSync(join(folder, 'nodes/n1/events.log'), 'utf8')).toBe('start 1 of n1\nstart 2 of n1\n');
    }),
  );

  dockerTest('an end that nobody asked for is told, with the last words', engine =>
    withContainers(engine, { nodes: ['n1'] }, async (cluster, { exits }) => {
      await tell(cluster, 'n1', 'exit 7').catch(() => {});
      await eventually('the exit is told', () => exits.length > 0);
      expect(exits).toMatchObject([{ node: 'n1', exitCode: 7, signal: null, lastWords: expect.stringContaining('asked to end') }]);
      expect(cluster.state('n1')).toBe('stopped');
    }),
  );

  dockerTest('a node that ignores its stop signal is ended by force, and it is said', engine =>
    withContainers(engine, { nodes: ['n1'], spec: () => ({ env: { STUBBORN: 'yes' } }) }, async cluster => {
      expect(await cluster.stop!('n1', 200)).toMatch(/took no notice of SIGTERM for 200 ms and was ended by SIGKILL/);
    }),
  );

  dockerTest('readiness by a command, and by a line of the log', async engine => {
    await withContainers(engine, { nodes: ['n1'], ready: { command: ['test', '-e', '/events.log'] } }, async cluster => {
      expect(cluster.state('n1')).toBe('running');
    });
    await withContainers(engine, { nodes: ['n1'], ready: { log: 'serves on \\d+, start 1$' } }, async cluster => {
      await cluster.kill('n1');
      await expect(cluster.restart('n1', within(1500))).rejects.toThrow(); // the line of the start before does not count
    });
  });
});

describe('hosts', () => {
  const suffers = async (cluster: Cluster, fault: HostFault, during: () => Promise<void>): Promise<string> => {
    const broken = await cluster.breakHost!('n1', fault);
    await during();
    const { effective, detail } = await broken.prove(soon());
    expect(`${effective} ${detail}`).toMatch(/^true/);
    for (let times = 0; times < 2; times++) await broken.remove(soon());
    await cluster.restart('n1', soon());
    expect(await tell(cluster, 'n1', 'ping', soon())).toBe('pong');
    return detail;
  };
  const spec = () => ({ dataBytes: 4 * 2 ** 20, memoryBytes: 256 * 2 ** 20, cpus: 1 });

  dockerTest('a full disk, a share of the CPU, no network, no memory', engine =>
    withContainers(engine, { nodes: ['n1', 'n2'], spec }, async cluster => {
      const full = await suffers(cluster, { type: 'disk' }, async () => {
        expect(await tell(cluster, 'n1', 'write 5000')).toBe('No space left on device');
        expect(await tell(cluster, 'n2', 'write 5000')).toBe('written');
      });
      expect(full).toBe('n1: /data has 0 KiB left');
      expect(await tell(cluster, 'n1', 'write 5000')).toBe('written');

      await suffers(cluster, { type: 'cpu', share: 0.2 }, async () => {
        const before = performance.now();
        await tell(cluster, 'n1', 'spin 200', soon());
        expect(performance.now() - before).toBeGreaterThan(600);
      });
      await suffers(cluster, { type: 'disconnect' }, async () => {
        await expect(tell(cluster, 'n1', 'ping', within(500))).rejects.toThrow();
      });
      await tell(cluster, 'n1', 'eat 40');
      const oom = await suffers(cluster, { type: 'memory' }, async () => expect(cluster.state('n1')).toBe('stopped'));
      expect(oom).toMatch(/OOMKilled/);
      expect(await tell(cluster, 'n1', 'starts')).toBe('2');
      expect(await tell(cluster, 'n1', 'eat 40')).toBe('ate'); // the old limit is back
    }),
  );

  dockerTest('a disk that is as large as the host is not filled', engine =>
    withContainers(engine, { nodes: ['n1'] }, async cluster => {
      await expect(cluster.breakHost!('n1', { type: 'disk' })).rejects.toMatchObject({ code: 'disk-not-limited' });
    }),
  );
});

describe('what cannot start is said in one sentence, and nothing is left', () => {
  const refused = (engine: Parameters<typeof withContainers>[0], options: object, code: string, message: RegExp) =>
    withContainers(engine, { nodes: ['n1', 'n2'], unstarted: true, ...options }, async cluster => {
      const started = cluster.start(within(20_000));
      await expect(started).rejects.toMatchObject({ code, blame: 'environment', message: expect.stringMatching(message) });
    });

  dockerTest('a node that dies at its start', engine =>
    refused(
      engine,
      { spec: (id: string) => (id === 'n2' ? { env: { DIE: 'yes' } } : {}) },
      'node-died',
      /n2 ended with exit code 3[\s\S]*giving up/,
    ),
  );
  dockerTest('a node that never serves', engine =>
    refused(engine, { spec: () => ({ env: { NEVER: 'yes' } }), readyTimeoutMs: 1000 }, 'node-never-ready', /was not ready within 1 s/),
  );
  dockerTest('a command that is not there', engine =>
    refused(engine, { spec: () => ({ command: ['/no/such/program'] }) }, 'docker-refused', /cannot be started[\s\S]*no such file/),
  );
  dockerTest(
    'an image that is not there',
    async engine => {
      const opened = withContainers(
        engine,
        { spec: () => ({ image: { image: 'ordeal.invalid/nothing:1' } }), unstarted: true },
        async () => {},
      );
      await expect(opened).rejects.toMatchObject({ code: 'image-missing' });
    },
    90_000,
  );
});
