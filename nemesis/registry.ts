/** Every kind of fault by its name: what `--nemesis` takes. */
import type { Fault } from '../harness/protocol/fault.ts';
import { clock } from './faults/clock.ts';
import { kill } from './faults/kill.ts';
import { bandwidth, latency, reset, slicer } from './faults/link-faults.ts';
import { partition } from './faults/partition.ts';
import { pauseNodes } from './faults/pause.ts';

export const faults: readonly Fault[] = [partition, latency, bandwidth, reset, slicer, kill, pauseNodes, clock];
