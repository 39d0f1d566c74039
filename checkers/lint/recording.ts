/** Events that break the contract of histories (docs/architecture.md): what one process did in what order, and when. */
import type { Event, History } from '../../harness/history/event.ts';
import { counted, createTally, type LintFinding, note, told } from './finding.ts';

/** As much as threads of one controller may take to write down what they saw. */
const harmlessNs = 1_000_000;

/** One pass; O(n) time, memory for what is open. The readers refuse some of this; whoever builds a history in memory has no reader. */
export const lintRecording = (history: History): readonly LintFinding[] => {
  const open = new Map<number, Event>();
  const lost = new Set<number>();
  const [twoOpen, orphans, differs] = [createTally(), createTally(), createTally()];
  const [indices, backwards, reused] = [createTally(), createTally(), createTally()];
  let lastTime = Number.NEGATIVE_INFINITY;
  let furthestBack = 0;
  for (let position = 0; position < history.length; position++) {
    const event = history[position]!;
    if (event.index !== position) note(indices, event.index);
    if (event.time < lastTime) {
      note(backwards, event.index);
      furthestBack = Math.max(furthestBack, lastTime - event.time);
    }
    lastTime = Math.max(lastTime, event.time);
    if (typeof event.process !== 'number') continue;
    const invoked = open.get(event.process);
    if (event.type === 'invoke') {
      if (invoked !== undefined) note(twoOpen, event.index);
      if (lost.has(event.process)) note(reused, event.index);
      open.set(event.process, event);
      continue;
    }
    if (invoked === undefined) {
      note(orphans, event.index);
      continue;
    }
    if (invoked.f !== event.f || (event.key !== undefined && event.key !== invoked.key)) note(differs, event.index);
    open.delete(event.process);
    if (event.type === 'info') lost.add(event.process);
  }
  return [
    ...told(
      'two-open-operations',
      'error',
      twoOpen,
      count =>
        `A process began ${counted(count, 'operation')} before its last one had ended, so nobody can say which completion belongs to which. Give every concurrent client a process number of its own.`,
    ),
    ...told(
      'completion-without-invoke',
      'error',
      orphans,
      count =>
        `${counted(count, 'completion')} without an invocation: when those operations began is not known, and they are left out. Record an invoke before the request is sent.`,
    ),
    ...told(
      'completion-differs',
      'error',
      differs,
      count =>
        `${counted(count, 'completion')} of another operation or key than the process had invoked: events of several clients share a process number.`,
    ),
    ...told(
      'index-order',
      'warning',
      indices,
      count =>
        `${counted(count, 'index is', 'indices are')} not the event's position: lines were lost, sorted anew or merged. The order of the events is what counts; make sure that it is the order in which they were seen.`,
    ),
    ...told(
      'time-backwards',
      furthestBack < harmlessNs ? 'note' : 'warning',
      backwards,
      count =>
        `Time goes back ${counted(count, 'time')}, by up to ${(furthestBack / 1e6).toFixed(3)} ms: the clock was not monotonic, or the events of several clocks were merged. The order of the events counts, times are for people; if the order was made from those clocks the verdict may be wrong.`,
    ),
    ...told(
      'process-reused',
      'warning',
      reused,
      count =>
        `${counted(count, 'operation')} by processes that had one of unknown outcome before: that one may still take effect, so that the process has two under way. It is taken to be open for ever; give the client a new process number after info.`,
    ),
  ];
};
