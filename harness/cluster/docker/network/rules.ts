/**
 * What stands in the packet filter of a node's namespace: the redirects that lead its connections through their links, and the guard against
 * connections of peers that did not come through theirs. Pure: text for `iptables-restore --noflush`, which is all or nothing.
 *
 * Packets of the links' own connections carry a mark (DSCP) from the sender's namespace on: Toxiproxy is known there by its uid. Peers
 * reset everything else that comes from a node's address to a port that has a link, so that a node that has just been started, and whose
 * redirects are not in place yet, finds a peer that is not up rather than a way around the faults.
 */

/** The owner of the links' connections; no image of a node is likely to use it. */
export const toxiproxyUid = 46337;
export const apiPort = 18474;
/** Proxies listen from here on: below the ephemeral range, where nodes are unlikely to listen. */
export const firstProxyPort = apiPort + 1;

/** A DSCP that is in nobody's use, and a mark for connections under a mask of its own. */
const dscp = '0x2b';
const mark = '0x0d00/0xff00';

export interface Redirect {
  readonly addresses: readonly string[];
  readonly port: number;
  /** Where the link's proxy listens. */
  readonly listen: number;
}

export interface Guarded {
  readonly from: readonly string[];
  readonly port: number;
}

export interface Strangers {
  readonly subnets: readonly string[];
  /** Who else is on these networks and is no node. */
  readonly known: readonly string[];
}

export interface BaseRules {
  readonly redirects: readonly Redirect[];
  readonly guarded: readonly Guarded[];
  /** Set while some node is not there: it may come back under another address, and must not get around its links until that is known. */
  readonly strangers: Strangers | undefined;
  /** Addresses of nodes that are not there: connecting to them fails at once, as to a host whose server is down. */
  readonly dead: readonly string[];
  /** Who may reach the proxies' own ports: the gateway. Undefined: everybody. */
  readonly admitted: readonly string[] | undefined;
  /** The last port that a proxy listens on. */
  readonly lastProxyPort: number;
}

/** Makes our chains and leads the packets into them; once per namespace, before anything else of ours. */
export const installRules = (): string =>
  restore({
    nat: [':ORDEAL - [0:0]', '-I OUTPUT 1 -p tcp -j ORDEAL'],
    mangle: [':ORDEAL - [0:0]', '-I OUTPUT 1 -p tcp -j ORDEAL'],
    filter: [
      ...[':ORDEAL-IN - [0:0]', ':ORDEAL-OUT - [0:0]', ':ORDEAL-GUARD - [0:0]', ':ORDEAL-DEAD - [0:0]'],
      ...['-I INPUT 1 -j ORDEAL-IN', '-I OUTPUT 1 -j ORDEAL-OUT', '-A ORDEAL-IN -j ORDEAL-GUARD', '-A ORDEAL-OUT -j ORDEAL-DEAD'],
    ],
  });

/** Takes the place of what an earlier one said. Naming a chain empties it; faults have chains of their own and stay. */
export const baseRules = ({ redirects, guarded, strangers, dead, admitted, lastProxyPort }: BaseRules): string =>
  restore({
    nat: [
      ':ORDEAL - [0:0]',
      `-A ORDEAL -m owner --uid-owner ${toxiproxyUid} -j RETURN`,
      ...redirects.flatMap(({ addresses, port, listen }) =>
        addresses.map(address => `-A ORDEAL -d ${address} -p tcp --dport ${port} -j REDIRECT --to-ports ${listen}`),
      ),
    ],
    mangle: [
      ':ORDEAL - [0:0]',
      // The connection is marked, not the packet: the last packets of a closed socket have no owner any more.
      `-A ORDEAL -p tcp -m owner --uid-owner ${toxiproxyUid} -j CONNMARK --set-xmark ${mark}`,
      `-A ORDEAL -p tcp -m connmark --mark ${mark} -j DSCP --set-dscp ${dscp}`,
    ],
    filter: [
      ':ORDEAL-DEAD - [0:0]',
      ...dead.map(address => `-A ORDEAL-DEAD ${refuseDial(address)}`),
      ':ORDEAL-GUARD - [0:0]',
      '-A ORDEAL-GUARD -i lo -j RETURN',
      ...(admitted === undefined ? [] : admitOnly(admitted, lastProxyPort)),
      ...guarded.flatMap(({ from, port }) => from.map(address => resetUnmarked(address, port))),
      ...(strangers === undefined ? [] : guardAgainst(strangers, guarded)),
    ],
  });

/**
 * Toxiproxy dials before it accepts the next connection of a link: a dial that hangs would hold up all that follow, long after the far end has
 * come back.
 */
export const refuseDial = (to: string): string =>
  `-d ${to} -p tcp --syn -m owner --uid-owner ${toxiproxyUid} -j REJECT --reject-with tcp-reset`;

const resetUnmarked = (from: string, port: number): string =>
  `-A ORDEAL-GUARD -s ${from} -p tcp --dport ${port} -m dscp ! --dscp ${dscp} -j REJECT --reject-with tcp-reset`;

const guardAgainst = ({ subnets, known }: Strangers, guarded: readonly Guarded[]): string[] => [
  ...known.map(address => `-A ORDEAL-GUARD -s ${address} -j RETURN`),
  ...[...new Set(guarded.map(({ port }) => port))].flatMap(port => subnets.map(subnet => resetUnmarked(subnet, port))),
];

const admitOnly = (addresses: readonly string[], lastPort: number): string[] => [
  ...addresses.map(address => `-A ORDEAL-GUARD -s ${address} -j RETURN`),
  `-A ORDEAL-GUARD -p tcp --dport ${apiPort}:${lastPort} -j REJECT --reject-with tcp-reset`,
];

export type Table = 'nat' | 'mangle' | 'filter';

export const restore = (tables: Partial<Record<Table, readonly string[]>>): string =>
  Object.entries(tables)
    .map(([table, lines]) => [`*${table}`, ...lines, 'COMMIT', ''].join('\n'))
    .join('');
