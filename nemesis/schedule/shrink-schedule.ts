/** Smaller schedules of the same run: what `ordeal shrink` tries, largest steps first. Pure. */
import type { Schedule } from '../../harness/protocol/fault.ts';
import { leastDurationMs } from './create-schedule.ts';

/** The schedule without these faults; the others keep their ids, times and draws. */
export const withoutFaults = (schedule: Schedule, ids: ReadonlySet<number>): Schedule => ({
  ...schedule,
  faults: schedule.faults.filter(fault => !ids.has(fault.id)),
});

/**
 * Every candidate is strictly smaller: halves left out, then single faults, then single faults half as long.
 * O(n) candidates of O(n) size for n faults.
 */
export const shrinkSchedule = (schedule: Schedule): Schedule[] => {
  const { faults } = schedule;
  const middle = Math.ceil(faults.length / 2);
  const halves = faults.length < 3 ? [] : [faults.slice(0, middle), faults.slice(middle)];
  const dropped = [...halves, ...faults.map(fault => [fault])].map(group => withoutFaults(schedule, new Set(group.map(({ id }) => id))));
  const shorter = faults
    .filter(fault => fault.durationMs >= 2 * leastDurationMs)
    .map(fault => ({
      ...schedule,
      faults: faults.map(other => (other.id === fault.id ? { ...other, durationMs: Math.round(other.durationMs / 2) } : other)),
    }));
  return [...dropped, ...shorter];
};
