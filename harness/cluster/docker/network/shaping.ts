/**
 * Faults of the wire that hold packets back, as traffic control on the sender's devices: one class per flow that is bounded or held, everything
 * else passes by. Pure: a script for the sidecar's shell that takes the place of what was there before.
 */
import type { Flow, Site, WireFault } from '../../../protocol/cluster.ts';
import { flowKey } from '../../toxiproxy/streams.ts';
import type { AddressesOf, WireBreak } from './wire-rules.ts';

/** Our root, known by its handle. Its classes: 16 and up. */
export const rootHandle = '4f52:';
const fullRate = 12_500_000_000;

export interface Shape {
  readonly flow: Flow;
  /** The smallest of the rates asked for. */
  readonly bytesPerSecond: number | undefined;
  /** netem's words; empty where nothing is held, doubled or reordered. */
  readonly netem: string;
}

export const isShaping = ({ type }: WireFault): boolean => ['rate', 'delay', 'duplicate', 'reorder'].includes(type);
export const needsNetem = ({ type }: WireFault): boolean => ['delay', 'duplicate', 'reorder'].includes(type);

/** What all faults in force make of each flow that leaves the site. */
export const shapesOf = (site: Site, broken: Iterable<WireBreak>): Shape[] => {
  const faults = new Map<string, { flow: Flow; faults: WireFault[] }>();
  for (const { flows, fault } of broken) {
    if (!isShaping(fault)) continue;
    for (const flow of flows.filter(({ from }) => from === site)) {
      const key = flowKey(flow);
      faults.set(key, { flow, faults: [...(faults.get(key)?.faults ?? []), fault] });
    }
  }
  return [...faults.values()].map(({ flow, faults: all }) => ({ flow, bytesPerSecond: smallestRate(all), netem: netemOf(all) }));
};

const smallestRate = (faults: readonly WireFault[]): number | undefined => {
  const rates = faults.flatMap(fault => (fault.type === 'rate' ? [fault.bytesPerSecond] : []));
  return rates.length === 0 ? undefined : Math.min(...rates);
};

const netemOf = (faults: readonly WireFault[]): string => {
  let [delayMs, jitterMs, duplicate, reorder] = [0, 0, 0, 0];
  for (const fault of faults) {
    if (fault.type === 'delay') [delayMs, jitterMs] = [delayMs + fault.ms, jitterMs + fault.jitterMs];
    if (fault.type === 'duplicate') duplicate = Math.max(duplicate, fault.share);
    if (fault.type === 'reorder') [delayMs, reorder] = [delayMs + fault.ms, Math.max(reorder, fault.share)];
  }
  return [
    ...(delayMs > 0 ? [`delay ${delayMs}ms${jitterMs > 0 ? ` ${jitterMs}ms` : ''}`] : []),
    ...(duplicate > 0 ? [`duplicate ${percent(duplicate)}`] : []),
    ...(reorder > 0 ? [`reorder ${percent(reorder)}`] : []), // those that overtake the delayed
  ].join(' ');
};

const percent = (share: number): string => `${(share * 100).toFixed(4)}%`;

/** The class of the i-th shape. */
export const classOf = (i: number): string => `${rootHandle}${(i + 16).toString(16)}`;

/** Without shapes it only takes the root away, and the device is as it was. Fails where a device has a root of somebody else's. */
export const shapingScript = (shapes: readonly Shape[], addressesOf: AddressesOf): string => {
  const lines = shapes.flatMap((shape, i) => addressesOf(shape.flow.to).map(address => shapeAddress(shape, i, address)));
  return [
    `tc qdisc show | awk '$2 == "htb" && $3 == "${rootHandle}" { print $5 }' | while read -r d; do tc qdisc del dev "$d" root; done`,
    'failed=0',
    ...lines,
    '(exit $failed)',
  ].join('\n');
};

const shapeAddress = ({ bytesPerSecond, netem }: Shape, i: number, address: string): string => {
  const rate = bytesPerSecond ?? fullRate;
  // As much as a tenth of a second's worth may wait, and a whole segment of the largest size must fit.
  const queue = netem === '' ? `bfifo limit ${Math.max(131_072, Math.round(rate / 10))}` : `netem limit 100000 ${netem}`;
  const [id, leaf] = [classOf(i), `${(i + 0x1000).toString(16)}:`];
  return [
    `d=$(ip -o route get ${address} | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p');`,
    `{ tc qdisc show dev "$d" root | grep -q 'htb ${rootHandle}' || tc qdisc add dev "$d" root handle ${rootHandle} htb; } &&`,
    `{ tc class show dev "$d" | grep -q 'htb ${id} ' ||`,
    `{ tc class add dev "$d" parent ${rootHandle} classid ${id} htb rate ${rate}bps ceil ${rate}bps burst ${burst(rate)} cburst ${burst(rate)} quantum 60000 &&`,
    `tc qdisc add dev "$d" parent ${id} handle ${leaf} ${queue}; }; } &&`,
    `tc filter add dev "$d" parent ${rootHandle} protocol ip prio ${i + 16} u32 match ip dst ${address}/32 flowid ${id} || failed=1`,
  ].join(' ');
};

/** What may leave at once: a hundredth of a second's worth, at least one packet. */
const burst = (rate: number): number => Math.min(1_000_000, Math.max(2_000, Math.round(rate / 100)));
