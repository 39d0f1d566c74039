/**
 * Faults of the wire as rules of the packet filter. Pure. A fault has two chains of its own in each namespace, so that it comes, goes and is
 * counted without touching the others. Every rule that belongs to a flow says so in its comment.
 */
import type { Flow, Site, WireFault } from '../../../protocol/cluster.ts';
import { refuseDial, restore } from './rules.ts';

/** All addresses of a site. */
export type AddressesOf = (site: Site) => readonly string[];

/** Where things are, for rules: addresses, and the ports that the proxies of links from one site to another listen on. */
export interface Whereabouts {
  addressesOf: AddressesOf;
  listensOf(from: Site, to: Site): readonly number[];
}

export interface WireBreak {
  readonly id: number;
  readonly flows: readonly Flow[];
  readonly fault: WireFault;
}

const chains = (id: number) => ({ in: `ORDEAL-${id}-IN`, out: `ORDEAL-${id}-OUT` });

/** Undefined where this fault has no rules in this site's namespace. */
export const wireRules = (site: Site, { id, flows, fault }: WireBreak, where: Whereabouts): string | undefined => {
  const { in: inwards, out: outwards } = chains(id);
  const rules = flows.flatMap(flow => rulesOf(fault, site, flow, where));
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

type Note = (what: string) => string;

const rulesOf = (fault: WireFault, site: Site, flow: Flow, where: Whereabouts): WayRule[] => {
  const note: Note = what => `-m comment --comment "${flow.from}>${flow.to} ${what}"`;
  const [sends, receives] = [site === flow.from, site === flow.to];
  if (fault.type === 'drop' && sends) return dropAtSender(flow, where, note);
  if (fault.type === 'drop' && receives) return dropAtReceiver(flow, where, note);
  if (fault.type === 'loss' && receives) return where.addressesOf(flow.from).flatMap(from => loseAtReceiver(from, fault.share, note));
  if (fault.type === 'dns' && fault.mode === 'fail' && sends) return refuseNames(note);
  return [];
};

/**
 * A queue that nobody reads loses packets without a word: DROP would tell the sender of a datagram (EPERM), which no dead wire does.
 * What the sender itself says into its links is held too, on the loopback and from outside, so that new connections hang instead of being
 * accepted by Toxiproxy; and what Toxiproxy was about to dial at that moment is refused.
 */
const dropAtSender = ({ from, to }: Flow, { addressesOf, listensOf }: Whereabouts, note: Note): WayRule[] => [
  ...addressesOf(to).flatMap((address): WayRule[] => [
    { way: 'out', rule: refuseDial(address) },
    { way: 'out', rule: `-d ${address} ${note('dropped')} -j NFQUEUE --queue-num 46337` },
    { way: 'out', rule: `-p tcp -m conntrack --ctorigdst ${address} --ctdir ORIGINAL ${note('dropped')} -j DROP` },
  ]),
  ...listensOf(from, to).map((port): WayRule => ({ way: 'in', rule: `! -i lo -p tcp --dport ${port} ${note('held')} -j DROP` })),
];

/** At the receiver too, which outlives a restart of the sender. The rest is what the receiver's own links would say to those who opened them. */
const dropAtReceiver = ({ from, to }: Flow, { addressesOf, listensOf }: Whereabouts, note: Note): WayRule[] => [
  ...addressesOf(from).flatMap((address): WayRule[] => [
    { way: 'in', rule: `-s ${address} ${note('dropped')} -j DROP` },
    { way: 'out', rule: refuseDial(address) },
    { way: 'out', rule: `-p tcp -m conntrack --ctorigdst ${address} --ctdir REPLY ${note('dropped')} -j DROP` },
  ]),
  ...listensOf(to, from).map((port): WayRule => ({ way: 'out', rule: `! -o lo -p tcp --sport ${port} ${note('held')} -j DROP` })),
];

const loseAtReceiver = (from: string, share: number, note: Note): WayRule[] => [
  { way: 'in', rule: `-s ${from} ${note('seen')}` },
  { way: 'in', rule: `-s ${from} -m statistic --mode random --probability ${share.toFixed(8)} ${note('dropped')} -j DROP` },
];

/** By the port that was asked for: Docker's own rules lead questions to its resolver elsewhere. */
const refuseNames = (note: Note): WayRule[] => {
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
