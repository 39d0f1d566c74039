/** A cluster that cannot start says why, quotes the node, and leaves nothing running. */
import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { createProcessCluster } from '../../../harness/cluster/process/process-cluster.ts';
import { readLeases } from '../../../harness/cluster/watchdog/lease.ts';
import type { ClusterOptions, UnexpectedExit } from '../../../harness/protocol/cluster.ts';
import type { NodeContext, System } from '../../../harness/protocol/system.ts';
import { silence } from '../../../nemesis/faults/silence.ts';
import { createEchoSystem, tell } from './echo-system.ts';
import { processesIn } from './processes-in.ts';
import { eventually, freshFolder, nodeNames, withCluster } from './with-cluster.ts';

/** Starts, expects it to fail, and expects that nothing is left. Resolves to the error. */
const failedStart = async (options: Partial<ClusterOptions>, signal = AbortSignal.timeout(20_000)): Promise<unknown> => {
  const runFolder = freshFolder();
  const cluster = createProcessCluster({ system: createEchoSystem(), nodes: nodeNames(3), options: {}, bugs: [], runFolder, ...options });
  const thrown = await cluster.start(signal).then(
    () => undefined,
    reason => reason as unknown,
  );
  expect(await cluster.close()).toEqual([]);
  expect(
    await eventually(
      async () => processesIn(runFolder),
      left => left.length === 0,
      1000,
    ),
  ).toEqual([]);
  return thrown;
};

test('a node that dies at start is named, with its exit code and last words', async () => {
  const thrown = await failedStart({ options: { dieAtStart: 'n2' } });
  expect(thrown).toMatchObject({ code: 'node-died', blame: 'environment' });
  expect((thrown as Error).message).toMatch(
    /node n2 ended with exit code 3 .*its last lines:\n {2}cannot open the data file: it is cursed/s,
  );
});

test('a node that never answers is given up after the deadline', async () => {
  const thrown = await failedStart({ options: { neverReady: 'n3' }, readyTimeoutMs: 4000 });
  expect(thrown).toMatchObject({ code: 'node-never-ready', blame: 'environment' });
  expect((thrown as Error).message).toMatch(/node n3 was not ready within 4 s/);
});

test('a command that does not exist is a clear message', async () => {
  const system: System = { ...createEchoSystem(), node: () => ({ command: 'no-such-program', args: [] }) };
  expect(await failedStart({ system })).toMatchObject({ code: 'cannot-start', message: expect.stringContaining('no-such-program') });
});

test('a Toxiproxy that does not answer, or is far away, is refused', async () => {
  expect(await failedStart({ toxiproxyUrl: 'http://127.0.0.1:9' })).toMatchObject({ code: 'toxiproxy-unreachable', blame: 'environment' });
  expect(await failedStart({ toxiproxyUrl: 'http://example.org:8474' })).toMatchObject({ code: 'toxiproxy-not-local', blame: 'usage' });
});

test('an abort while starting ends the start at once', async () => {
  const thrown = await failedStart({ options: { neverReady: 'n1' } }, AbortSignal.timeout(800));
  expect(thrown).toMatchObject({ name: 'TimeoutError' });
});

/** Takes the node's port just before the node is started, as another program might. */
const portThief = (thefts: number): { system: System; stop: () => void } => {
  const servers: Server[] = [];
  const echo = createEchoSystem();
  const node = (context: NodeContext) => {
    const spec = echo.node!(context);
    if (context.id !== 'n1' || servers.length >= thefts) return spec;
    servers.push(createServer().listen(context.listen.peer!.port, '127.0.0.1'));
    return { command: 'sh', args: ['-c', 'sleep 1; exec "$0" "$@"', spec.command, ...spec.args] }; // the thief is first, however busy
  };
  return {
    system: { ...echo, node },
    stop: () => {
      for (const server of servers) server.close();
    },
  };
};

test('a port lost to another program once is made up for with other ports', async () => {
  const thief = portThief(1);
  const troubles: string[] = [];
  await withCluster({ nodes: nodeNames(2), system: thief.system, onTrouble: sentence => troubles.push(sentence) }, async cluster => {
    expect(cluster.state('n1')).toBe('running');
  });
  expect(troubles).toEqual([expect.stringMatching(/port \d+ \(peer of n1\) was taken by another program/)]);
  thief.stop();
});

test('a port lost again and again is an error that names it', async () => {
  const thief = portThief(9);
  expect(await failedStart({ nodes: nodeNames(2), system: thief.system })).toMatchObject({
    code: 'port-in-use',
    message: expect.stringMatching(/port \d+ \(peer of n1\)/),
  });
  thief.stop();
});

test('a node that ends by itself is reported with its last words, and a kill is not', () =>
  withCluster({ nodes: nodeNames(2) }, async cluster => {
    const exits: UnexpectedExit[] = [];
    cluster.onUnexpectedExit(exit => exits.push(exit));
    await cluster.kill('n1');
    await tell(cluster, 'n2', { do: 'exit', code: 7 });
    await eventually(
      async () => exits.length,
      count => count > 0,
    );
    expect(exits).toEqual([{ node: 'n2', exitCode: 7, signal: null, lastWords: '  told to exit' }]);
    expect(cluster.state('n2')).toBe('stopped');
  }));

test('a Toxiproxy that crashes is reported and replaced, with every link and every toxic', () => {
  const troubles: string[] = [];
  return withCluster({ nodes: nodeNames(2), onTrouble: sentence => troubles.push(sentence) }, async (cluster, runFolder) => {
    const exits: UnexpectedExit[] = [];
    cluster.onUnexpectedExit(exit => exits.push(exit));
    const cut = await cluster.links.apply([{ from: 'n1', to: 'n2' }], silence);
    const [lease] = readLeases().filter(candidate => candidate.runFolder === runFolder);
    process.kill(lease!.processes.find(({ label }) => label === 'Toxiproxy')!.pid, 'SIGKILL');
    await eventually(
      async () => troubles.length,
      count => count > 0,
    );
    expect(troubles).toEqual([expect.stringContaining('Toxiproxy was started again')]);
    expect(exits).toMatchObject([{ node: 'toxiproxy', signal: 'SIGKILL' }]);
    expect(await cut.confirm(AbortSignal.timeout(2000))).toBe(2);
    await expect(cluster.links.ping('n1', 'n2', AbortSignal.timeout(300))).rejects.toThrow();
    await cut.remove();
    expect(await cluster.links.ping('n1', 'n2', AbortSignal.timeout(2000))).toBeGreaterThan(0);
  });
});
