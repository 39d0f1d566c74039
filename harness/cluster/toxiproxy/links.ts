/** The links of a cluster, each a Toxiproxy proxy. */
import type { AppliedToxics, Flow, Links, Site, Toxic } from '../../protocol/cluster.ts';
import type { Control, NodeId, System } from '../../protocol/system.ts';
import { assert } from '../../std/assert.ts';
import { messageOf } from '../../std/user-error.ts';
import { inParallel } from '../in-parallel.ts';
import { type ToxiproxyApi, urlSafe } from './api.ts';
import { parseCounters } from './metrics.ts';
import { createProxy, type LinkProxy } from './proxy.ts';
import { countersByFlow, flowsOf, type Link, linksOf, streamsOf } from './streams.ts';

/** Calls under way at once: enough to hide the round trips, few enough not to swamp a server that works on two cores. */
const concurrency = 16;

export interface ProxyLinks extends Links {
  /** Makes every proxy anew on a server that has lost them. */
  revive(): Promise<void>;
  /** Removes every proxy. Never throws; resolves to what it could not remove. */
  close(): Promise<string[]>;
}

export interface ProxyLinksOptions {
  readonly api: ToxiproxyApi;
  readonly system: Pick<System, 'ports' | 'ping'>;
  readonly nodes: readonly NodeId[];
  /** Where nodes really listen. */
  readonly control: Control;
  /** Begins the name of every proxy, so that ours are told from other people's. */
  readonly prefix: string;
  readonly onTrouble: (sentence: string) => void;
}

interface ProxiedLink extends Link {
  readonly name: string;
  readonly proxy: LinkProxy;
}

/** Makes a proxy for every link, all at once. On an error none is left. */
export const createProxyLinks = async (options: ProxyLinksOptions): Promise<ProxyLinks> => {
  const { api, system, prefix } = options;
  const links: ProxiedLink[] = [];
  const close = async (): Promise<string[]> => {
    const troubles: string[] = [];
    await inParallel(links, concurrency, async ({ proxy, name }) => {
      await proxy.close().catch(thrown => troubles.push(`proxy ${name} was not removed: ${messageOf(thrown)}`));
    });
    return troubles;
  };
  try {
    const planned = linksOf(options.nodes, system.ports).map((link, i) => ({
      ...link,
      name: urlSafe(`${prefix}${i}-${link.from}-${link.to}-${link.port}`),
    }));
    await inParallel(planned, concurrency, async link => {
      const upstream = options.control(link.to, link.port);
      links.push({ ...link, proxy: await createProxy(api, { name: link.name, upstream, onRebuilt: options.onTrouble }) });
    });
  } catch (thrown) {
    await close();
    throw thrown;
  }

  const find = (from: Site, to: NodeId, port?: string): ProxiedLink => {
    const link = links.find(candidate => candidate.from === from && candidate.to === to && (port === undefined || candidate.port === port));
    assert(link !== undefined, `there is a link from ${from} to ${to}${port === undefined ? '' : `, port ${port}`}`);
    return link;
  };
  const { apply } = toxicMaker(api, links);
  return {
    flows: flowsOf(links),
    address: (from, to, port) => find(from, to, port).proxy.address,
    apply,
    counters: async signal => {
      const counters = parseCounters(await api.metrics(signal));
      return counters && countersByFlow(links, counters);
    },
    ping: async (from, to, signal) => {
      const { proxy, port } = find(from, to);
      if (system.ping === undefined) throw new Error('this system offers no ping');
      const before = performance.now();
      await system.ping(proxy.address, port, signal);
      return performance.now() - before;
    },
    revive: async () => void (await inParallel(links, concurrency, ({ proxy }) => proxy.revive())),
    close,
  };
};

const toxicMaker = (api: ToxiproxyApi, links: readonly ProxiedLink[]) => {
  let count = 0;
  const apply = async (flows: readonly Flow[], toxic: Toxic): Promise<AppliedToxics> => {
    const id = count++;
    const placed = streamsOf(links, flows).map(({ link, stream }) => ({
      proxy: link.proxy,
      toxic: { ...toxic, stream, name: `${toxic.type}-${id}-${stream}` },
    }));
    const remove = async (): Promise<void> => {
      await inParallel(placed, concurrency, ({ proxy, toxic: { name } }) => proxy.remove(name));
    };
    try {
      await inParallel(placed, concurrency, ({ proxy, toxic: named }) => proxy.add(named));
    } catch (thrown) {
      await remove().catch(() => {}); // the first error is the one that counts
      throw thrown;
    }
    return {
      placed: placed.length,
      confirm: async signal => {
        const inForce = await api.toxics(signal);
        return placed.filter(({ proxy, toxic: { name } }) => inForce.get(proxy.name)?.includes(name)).length;
      },
      remove,
    };
  };
  return { apply };
};
