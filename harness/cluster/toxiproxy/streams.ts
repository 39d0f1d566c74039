/**
 * From packets to proxies. A proxy a->b stands in the connections that a opens to b: its upstream stream carries packets from a to b, its
 * downstream stream those from b to a. So the packets a->b travel in the upstream streams of proxies a->b and in the downstream streams of
 * proxies b->a.
 */
import type { Flow, FlowCounters, Site } from '../../protocol/cluster.ts';
import type { NodeId, PortSpec } from '../../protocol/system.ts';
import type { Stream } from './api.ts';
import type { ProxyCounters } from './metrics.ts';

/** A directed link: what `from` dials to reach `port` of `to`. */
export interface Link {
  readonly from: Site;
  readonly to: NodeId;
  readonly port: string;
}

export interface LinkStream<L extends Link> {
  readonly link: L;
  readonly stream: Stream;
}

export const flowKey = (flow: Flow): string => `${flow.from}>${flow.to}`;

/** Every link of a cluster, by the ports that say so. */
export const linksOf = (nodes: readonly NodeId[], ports: Readonly<Record<string, PortSpec>>): Link[] =>
  Object.entries(ports).flatMap(([port, { reachedBy }]) => [
    ...(reachedBy.includes('peers') ? nodes.flatMap(from => nodes.filter(to => to !== from).map(to => ({ from, to, port }))) : []),
    ...(reachedBy.includes('clients') ? nodes.map(to => ({ from: 'clients', to, port })) : []),
  ]);

/** Every flow that some link carries, each once. */
export const flowsOf = (links: readonly Link[]): Flow[] => {
  const flows = links.flatMap(({ from, to }) => [
    { from, to },
    { from: to, to: from },
  ]);
  return [...new Map(flows.map(flow => [flowKey(flow), flow])).values()];
};

/** The streams in which packets of these flows travel, each once. */
export const streamsOf = <L extends Link>(links: readonly L[], flows: readonly Flow[]): LinkStream<L>[] => {
  const wanted = new Set(flows.map(flowKey));
  return links.flatMap(link => [
    ...(wanted.has(`${link.from}>${link.to}`) ? [{ link, stream: 'upstream' as const }] : []),
    ...(wanted.has(`${link.to}>${link.from}`) ? [{ link, stream: 'downstream' as const }] : []),
  ]);
};

/** Sums the counters of all streams of each flow. */
export const countersByFlow = (links: readonly (Link & { readonly name: string })[], counters: ProxyCounters): Map<string, FlowCounters> =>
  new Map(
    flowsOf(links).map(flow => {
      const keys = streamsOf(links, [flow]).map(({ link, stream }) => `${link.name}/${stream}`);
      const sum = (of: ReadonlyMap<string, number>) => keys.reduce((total, key) => total + (of.get(key) ?? 0), 0);
      return [flowKey(flow), { receivedBytes: sum(counters.received), sentBytes: sum(counters.sent) }];
    }),
  );
