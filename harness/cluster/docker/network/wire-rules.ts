/**
 * Faults of the wire as rules of the packet filter. Pure. A fault has two chains of its own in each namespace, so that it comes, goes and is
 * counted without touching the others. Every rule that belongs to a flow says so in its comment.
 */
import type { Flow, Site, WireFault } from '../../../protocol/cluster.ts';
import { restore } from './rules.ts';

/** All addresses of a site. */
export type AddressesOf = (site: Site) => readonly string[];

export interface WireBreak {
  readonly id: number;
  readonly flows: readonly Flow[];
  readonly fault: WireFault;
}

const chains = (id: number) => ({ in: `ORDEAL-${id}-IN`, out: `ORDEAL-${id}-OUT` });

/** Undefined where this fault has no rules in this site's namespace. */
export const wireRules = (site: Site, { id, flows, fault }: WireBreak, addressesOf: AddressesOf): string | undefined => {
  const { in: inwards, out: outwards } = chains(id);
  const rules = flows.flatMap(flow => rulesOf(fault, site, flow, addressesOf));
  if (rules.length === 0) return undefined;
  return restore({
    filter: [
      `:${inwards} - [0:0]`,
      `:${outwards} - [0:0]`,
      ...rules.map(({ way, rule }) => `-A ${way === 'in' ? inwards : outwards} ${rule}`),
      `-I ORDEAL-IN 1 -j ${inwards}`,
      `-I ORDEAL-OUT 1 -j ${outwards}`,
    ],
  });
};

export const removeWireRules = (id: number): string => {
  const { in: inwards, out: outwards } = chains(id);
  return restore({
    filter: [
      ...[`-D ORDEAL-IN -j ${inwards}`, `-D ORDEAL-OUT -j ${outwards}`],
      ...[`-F ${inwards}`, `-F ${outwards}`, `-X ${inwards}`, `-X ${outwards}`],
    ],
  });
};

interface WayRule {
  readonly way: 'in' | 'out';
  readonly rule: string;
}

const rulesOf = (fault: WireFault, site: Site, flow: Flow, addressesOf: AddressesOf): WayRule[] => {
  const note = (what: string): string => `-m comment --comment "${flow.from}>${flow.to} ${what}"`;
  if (fault.type === 'drop') {
    if (site === flow.from) return addressesOf(flow.to).flatMap(to => dropAtSender(to, note));
    if (site === flow.to) return addressesOf(flow.from).flatMap(from => dropAtReceiver(from, note));
  }
  if (fault.type === 'loss' && site === flow.to) return addressesOf(flow.from).flatMap(from => loseAtReceiver(from, fault.share, note));
  if (fault.type === 'dns' && fault.mode === 'fail' && site === flow.from) return refuseNames(note);
  return [];
};

/**
 * A queue that nobody reads loses packets without a word: DROP would tell the sender of a datagram (EPERM), which no dead wire does.
 * The second rule holds what the node itself says into its link, so that its new connections hang instead of being accepted by Toxiproxy.
 */
const dropAtSender = (to: string, note: (what: string) => string): WayRule[] => [
  { way: 'out', rule: `-d ${to} ${note('dropped')} -j NFQUEUE --queue-num 46337` },
  { way: 'out', rule: `-p tcp -m conntrack --ctorigdst ${to} --ctdir ORIGINAL ${note('dropped')} -j DROP` },
];

/** At the receiver too, which outlives a restart of the sender. The second rule: what the link says to the node that opened it. */
const dropAtReceiver = (from: string, note: (what: string) => string): WayRule[] => [
  { way: 'in', rule: `-s ${from} ${note('dropped')} -j DROP` },
  { way: 'out', rule: `-p tcp -m conntrack --ctorigdst ${from} --ctdir REPLY ${note('dropped')} -j DROP` },
];

const loseAtReceiver = (from: string, share: number, note: (what: string) => string): WayRule[] => [
  { way: 'in', rule: `-s ${from} ${note('seen')}` },
  { way: 'in', rule: `-s ${from} -m statistic --mode random --probability ${share.toFixed(8)} ${note('dropped')} -j DROP` },
];

/** By the port that was asked for: Docker's own rules lead questions to its resolver elsewhere. */
const refuseNames = (note: (what: string) => string): WayRule[] => {
  const asked = '-m conntrack --ctorigdstport 53 --ctdir ORIGINAL';
  return [
    { way: 'out', rule: `-p udp ${asked} ${note('refused')} -j REJECT --reject-with icmp-port-unreachable` },
    { way: 'out', rule: `-p tcp ${asked} ${note('refused')} -j REJECT --reject-with tcp-reset` },
  ];
};

/** Packets by `flow what`, over all rules of a fault, from what `iptables-save -c` prints. */
export const countPackets = (saved: string, id: number): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const [, packets, note] of saved.matchAll(new RegExp(`^\\[(\\d+):\\d+\\] -A ORDEAL-${id}-\\S+ .*--comment "([^"]*)"`, 'gm')))
    counts.set(note!, (counts.get(note!) ?? 0) + Number(packets));
  return counts;
};
