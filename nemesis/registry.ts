/** Every kind of fault by its name: what `--nemesis` takes. */
import type { Fault } from '../harness/protocol/fault.ts';
import { clock } from './faults/clock.ts';
import { cpu, disconnect, disk, oom } from './faults/host-faults.ts';
import { kill, stop } from './faults/kill.ts';
import { bandwidth, latency, reset, slicer } from './faults/link-faults.ts';
import { drop, partition } from './faults/partition.ts';
import { pauseNodes } from './faults/pause.ts';
import { delay, dns, duplicate, loss, rate, reorder } from './faults/wire-faults.ts';

/** On links, on wires, on nodes. */
export const faults: readonly Fault[] = [
  ...[partition, latency, bandwidth, reset, slicer],
  ...[drop, loss, delay, duplicate, reorder, rate, dns, disconnect],
  ...[kill, stop, pauseNodes, oom, cpu, disk, clock],
];
