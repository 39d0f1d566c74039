/** Every kind of fault by its name: what `--nemesis` takes. */
import type { Fault } from '../harness/protocol/fault.ts';
import { UserError } from '../harness/std/user-error.ts';
import { clock } from './faults/clock.ts';
import { kill } from './faults/kill.ts';
import { bandwidth, latency, reset, slicer } from './faults/link-faults.ts';
import { partition } from './faults/partition.ts';
import { pauseNodes } from './faults/pause.ts';

export const faults: readonly Fault[] = [partition, latency, bandwidth, reset, slicer, kill, pauseNodes, clock];

/** The faults of `--nemesis a,b`; `none` is none of them, `all` is all. Throws a usage error that names the kind nobody knows. */
export const selectFaults = (kinds: readonly string[]): Fault[] => {
  const wanted = kinds.flatMap(kind => (kind === 'all' ? faults.map(fault => fault.kind) : kind === 'none' ? [] : [kind]));
  return [...new Set(wanted)].map(kind => {
    const found = faults.find(fault => fault.kind === kind);
    if (found) return found;
    throw new UserError('usage', 'unknown-fault', `--nemesis ${kind}: there is no such fault`, {
      hint: `known: ${faults.map(fault => fault.kind).join(', ')}, all, none`,
    });
  });
};
