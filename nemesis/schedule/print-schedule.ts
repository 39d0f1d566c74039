/** A schedule as lines that a person reads. */
import type { Schedule, ScheduledFault, Target } from '../../harness/protocol/fault.ts';

/** One line per fault: when, how long, what, whom, and everything that was drawn for it. */
export const printSchedule = ({ faults }: Schedule): string[] =>
  faults.map(fault => {
    const end = fault.startMs + fault.durationMs;
    return `#${fault.id}  ${seconds(fault.startMs)} to ${seconds(end)}  ${fault.kind} on ${describeTarget(fault.target)}${describeParams(fault)}`;
  });

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const describeTarget = (target: Target): string => {
  if ('nodes' in target) return target.nodes.join(', ');
  return target.role === 'leader' ? 'the leader' : target.role === 'followers' ? 'the followers' : `${target.role} nodes`;
};

const describeParams = ({ params }: ScheduledFault): string => {
  const parts = Object.entries(params).map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
};
