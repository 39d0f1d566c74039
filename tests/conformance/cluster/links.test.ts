/** What every Toxiproxy must do for a link, the embedded one and the real one alike. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createToxiproxyApi } from '../../../harness/cluster/toxiproxy/api.ts';
import type { Cluster } from '../../../harness/protocol/cluster.ts';
import { silence } from '../../../nemesis/faults/silence.ts';
import { dial, tell } from './echo-system.ts';
import { realToxiproxy, startRealToxiproxy } from './real-toxiproxy.ts';
import { eventually, nodeNames, withCluster } from './with-cluster.ts';

const soon = () => AbortSignal.timeout(3000);
const silentMs = 300;

const say = (cluster: Cluster, from: string, to: string, text: string) => tell(cluster, from, { do: 'say', to, text });
const heard = async (cluster: Cluster, from: string, to: string): Promise<string> =>
  (await tell(cluster, from, { do: 'heard', to })).text as string;
const rest = () => new Promise(resolve => setTimeout(resolve, silentMs));

const suite = (url: () => string | undefined) => {
  const started = (nodes: number, use: (cluster: Cluster) => Promise<void>) =>
    withCluster({ nodes: nodeNames(nodes), toxiproxyUrl: url() }, use);

  test('a cut of a>b holds what a sends b, on open connections and on new ones, whoever opened them', () =>
    started(2, async cluster => {
      await dial(cluster, 'n1', 'n2');
      await dial(cluster, 'n2', 'n1');
      await say(cluster, 'n1', 'n2', 'before');
      expect(
        await eventually(
          () => heard(cluster, 'n1', 'n2'),
          text => text === 'before',
        ),
      ).toBe('before');
      const cut = await cluster.links.apply([{ from: 'n1', to: 'n2' }], silence);
      expect(cut.placed).toBe(2);
      expect(await cut.confirm(soon())).toBe(2);
      await say(cluster, 'n1', 'n2', ' held'); // what n1 says never reaches n2
      await say(cluster, 'n2', 'n1', 'echo'); // n2's words reach n1, the echo does not come back
      await rest();
      expect(await heard(cluster, 'n1', 'n2')).toBe('before');
      expect(await heard(cluster, 'n2', 'n1')).toBe('');
      await expect(cluster.links.ping('n1', 'n2', AbortSignal.timeout(silentMs))).rejects.toThrow();
      await cut.remove();
      expect(
        await eventually(
          () => heard(cluster, 'n1', 'n2'),
          text => text === 'before held',
        ),
      ).toBe('before held');
      expect(
        await eventually(
          () => heard(cluster, 'n2', 'n1'),
          text => text === 'echo',
        ),
      ).toBe('echo');
      expect(await cluster.links.ping('n1', 'n2', soon())).toBeGreaterThan(0);
      expect(await cut.confirm(soon())).toBe(0);
    }));

  test('the other direction keeps carrying: only what n2 sends n1 is held', () =>
    started(2, async cluster => {
      await dial(cluster, 'n1', 'n2');
      const before = await cluster.links.counters(soon());
      const cut = await cluster.links.apply([{ from: 'n2', to: 'n1' }], silence);
      await say(cluster, 'n1', 'n2', 'there');
      await rest();
      expect(await heard(cluster, 'n1', 'n2')).toBe('');
      const during = await cluster.links.counters(soon());
      const grown = (flow: string, which: 'receivedBytes' | 'sentBytes') =>
        (during?.get(flow)?.[which] ?? 0) - (before?.get(flow)?.[which] ?? 0);
      if (url() === undefined) {
        // The real server counts only when a connection ends.
        expect(grown('n1>n2', 'sentBytes')).toBe(5);
        expect(grown('n2>n1', 'receivedBytes')).toBe(5);
        expect(grown('n2>n1', 'sentBytes')).toBe(0);
      }
      await cut.remove();
      expect(
        await eventually(
          () => heard(cluster, 'n1', 'n2'),
          text => text === 'there',
        ),
      ).toBe('there');
    }));

  test('what was said during a cut arrives in order, and nothing is lost', () =>
    started(2, async cluster => {
      await dial(cluster, 'n1', 'n2');
      const cut = await cluster.links.apply(cluster.links.flows, silence);
      const words = Array.from({ length: 200 }, (_, i) => `${i};`);
      for (const word of words) await say(cluster, 'n1', 'n2', word);
      expect(await heard(cluster, 'n1', 'n2')).toBe('');
      await cut.remove();
      expect(
        await eventually(
          () => heard(cluster, 'n1', 'n2'),
          text => text.length === words.join('').length,
        ),
      ).toBe(words.join(''));
    }));

  test('two cuts of one link are two: healing one does not heal the other', () =>
    started(2, async cluster => {
      const flows = [{ from: 'n1', to: 'n2' }];
      const [first, second] = [await cluster.links.apply(flows, silence), await cluster.links.apply(flows, silence)];
      await first.remove();
      await first.remove();
      expect(await second.confirm(soon())).toBe(2);
      await expect(cluster.links.ping('n1', 'n2', AbortSignal.timeout(silentMs))).rejects.toThrow();
      await second.remove();
      expect(await cluster.links.ping('n1', 'n2', soon())).toBeGreaterThan(0);
    }));

  test('a cut of all 20 links of five nodes is in force within a second, usually within 100 ms', () =>
    started(5, async cluster => {
      const peers = cluster.links.flows.filter(({ from, to }) => from !== 'clients' && to !== 'clients');
      const before = performance.now();
      const cut = await cluster.links.apply(peers, silence);
      expect(performance.now() - before).toBeLessThan(1000);
      expect(cut.placed).toBe(40);
      expect(await cut.confirm(soon())).toBe(40);
      await cut.remove();
      expect(await cut.confirm(soon())).toBe(0);
    }));

  test('flows that no link carries take no toxic', () =>
    started(2, async cluster => {
      const applied = await cluster.links.apply([{ from: 'n1', to: 'nobody' }], silence);
      expect(applied.placed).toBe(0);
      await applied.remove();
    }));
};

describe('links through the embedded Toxiproxy', () => suite(() => undefined));

const proxiesAt = async (url: string): Promise<string[]> => Object.keys((await (await fetch(`${url}/proxies`)).json()) as object);

describe.skipIf(realToxiproxy === undefined)('links through the real toxiproxy-server (skipped where there is none)', () => {
  let server: Awaited<ReturnType<typeof startRealToxiproxy>>;
  beforeAll(async () => {
    server = await startRealToxiproxy();
  });
  afterAll(() => server.stop());

  suite(() => server.url);

  test('a server that was there already keeps its own proxies, and loses all of ours', async () => {
    const api = createToxiproxyApi(server.url);
    await api.createProxy({ name: 'somebody-elses', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' });
    await withCluster({ nodes: nodeNames(3), toxiproxyUrl: `${server.url}/` }, async () => {
      expect(await proxiesAt(server.url)).toHaveLength(10);
    });
    expect(await proxiesAt(server.url)).toEqual(['somebody-elses']);
    await api.removeProxy('somebody-elses');
  });
});
