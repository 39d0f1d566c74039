/** The links of a cluster, each a Toxiproxy proxy. */
import type { AppliedToxics, Flow, Links, Site, Toxic } from '../../protocol/cluster.ts';
import type { Control, Endpoint, NodeId, System } from '../../protocol/system.ts';
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

export interface ProxiedLink extends Link {
  readonly name: string;
  readonly proxy: LinkProxy;
  /** The server that the proxy is on. */
  readonly api: ToxiproxyApi;
  /** True while that server is known to be gone. */
  readonly down?: () => boolean;
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
      const upstream = () => options.control(link.to, link.port);
      links.push({ ...link, api, proxy: await createProxy(api, { name: link.name, upstream, onRebuilt: options.onTrouble }) });
    });
  } catch (thrown) {
    await close();
    throw thrown;
  }

  const overAll = linksOver(links, async ({ proxy, port }, signal) => {
    if (system.ping === undefined) throw new Error('this system offers no ping');
    await system.ping(proxy.address, port, signal);
  });
  return {
    ...overAll,
    revive: async () => void (await inParallel(links, concurrency, ({ proxy }) => proxy.revive())),
    close,
  };
};

/** The links that these proxies make, wherever their servers are. The list may grow: a link counts from then on. */
export const linksOver = (
  links: readonly ProxiedLink[],
  ping: (link: ProxiedLink, signal: AbortSignal) => Promise<void>,
  address: (link: ProxiedLink) => Endpoint = ({ proxy }) => proxy.address,
): Links => {
  const find = (from: Site, to: NodeId, port?: string): ProxiedLink => {
    const link = links.find(candidate => candidate.from === from && candidate.to === to && (port === undefined || candidate.port === port));
    assert(link !== undefined, `there is a link from ${from} to ${to}${port === undefined ? '' : `, port ${port}`}`);
    return link;
  };
  return {
    get flows() {
      return flowsOf(links);
    },
    address: (from, to, port) => address(find(from, to, port)),
    apply: toxicMaker(links),
    counters: async signal => {
      const texts = await Promise.all(serversOf(links).map(api => api.metrics(signal)));
      const counters = parseCounters(texts.join('\n'));
      return counters && countersByFlow(links, counters);
    },
    ping: async (from, to, signal) => {
      const before = performance.now();
      await ping(find(from, to), signal);
      return performance.now() - before;
    },
  };
};

/** Those that can be asked now, each once. */
const serversOf = (links: readonly ProxiedLink[]): ToxiproxyApi[] => [
  ...new Set(links.filter(({ down }) => down?.() !== true).map(({ api }) => api)),
];

const toxicMaker = (links: readonly ProxiedLink[]): Links['apply'] => {
  let count = 0;
  return async (flows: readonly Flow[], toxic: Toxic): Promise<AppliedToxics> => {
    const id = count++;
    const placed = streamsOf(links, flows).map(({ link, stream }) => ({
      link,
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
      // On a server that is gone with its node nothing flows: there it counts what will be in force before anything does.
      confirm: async signal => {
        let there = 0;
        await inParallel(placed, concurrency, async ({ link, proxy, toxic: { name } }) => {
          const held = link.down?.() === true ? proxy.holds(name) : (await link.api.toxics(proxy.name, signal)).includes(name);
          if (held) there++;
        });
        return there;
      },
      remove,
    };
  };
};
