/** Pings over links: the evidence that a link carries, is silent, slow, or resets. */
import type { Cluster, Flow, Site } from '../../harness/protocol/cluster.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { within } from '../../harness/std/deadline.ts';
import { messageOf } from '../../harness/std/user-error.ts';

export interface PingedLink {
  readonly from: Site;
  readonly to: NodeId;
}

/** An answer with its round trip, an error that came back, or nothing within the deadline. */
export type Ping =
  | { readonly outcome: 'answered'; readonly ms: number }
  | { readonly outcome: 'error'; readonly message: string }
  | { readonly outcome: 'silent' };

/** More pings than this prove nothing more. */
const most = 24;

/** The links whose round trips cross any of these flows, in either direction. */
export const linksAcross = (cluster: Cluster, flows: readonly Flow[]): PingedLink[] => {
  const carried = new Set(cluster.links.flows.map(key));
  const crossing = flows.flatMap(({ from, to }) => [
    { from, to },
    { from: to, to: from },
  ]);
  const distinct = [...new Map(crossing.map(link => [key(link), link])).values()];
  return distinct.filter(link => link.to !== 'clients' && carried.has(key(link))).slice(0, most);
};

/** Pings all links at once; results are in the order of the links. A node that does not run is not asked. */
export const pingAll = (cluster: Cluster, links: readonly PingedLink[], deadlineMs: number, signal: AbortSignal): Promise<Ping[]> =>
  Promise.all(links.map(link => pingOne(cluster, link, within(deadlineMs, signal))));

const pingOne = async (cluster: Cluster, { from, to }: PingedLink, signal: AbortSignal): Promise<Ping> => {
  if (cluster.state(to) !== 'running') return { outcome: 'silent' };
  try {
    return { outcome: 'answered', ms: await cluster.links.ping(from, to, signal) };
  } catch (thrown) {
    return signal.aborted ? { outcome: 'silent' } : { outcome: 'error', message: messageOf(thrown) };
  }
};

export const key = ({ from, to }: Flow): string => `${from}>${to}`;
