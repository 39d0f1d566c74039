/** When faults were in force, as the events of the nemesis tell it. */
import type { Event, History } from '../../harness/history/event.ts';

export interface FaultWindow {
  readonly kind: string;
  readonly begin: Event;
  /** Undefined: the history does not show its end. */
  readonly end: Event | undefined;
}

/**
 * Ours say `phase: inject | proof | heal` and number their faults; one that did not take effect is left out. Of others, what is called start, stop, heal or recover in
 * any form (`start-partition`, `:stop`) is taken by its name, any other event is a fault that the next one ends. Jepsen records every
 * one twice, when it is asked for and when it is done: equal neighbours are one. O(n) in the events of the nemesis.
 */
export const faultWindows = (history: History): readonly FaultWindow[] => {
  const events = history.filter(({ process }) => process === 'nemesis');
  return events.some(event => phaseOf(event) !== undefined) ? ours(events) : foreign(events);
};

interface Told {
  readonly id?: unknown;
  readonly phase?: unknown;
  readonly effective?: unknown;
}

const toldBy = ({ value }: Event): Told => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Told) : {});

const phaseOf = (event: Event): string | undefined => {
  const { phase } = toldBy(event);
  return typeof phase === 'string' ? phase : undefined;
};

const ours = (events: readonly Event[]): readonly FaultWindow[] => {
  const windows = new Map<unknown, { kind: string; begin: Event; end: Event | undefined; effective: boolean }>();
  for (const event of events) {
    const { id, phase, effective } = toldBy(event);
    const window = windows.get(id);
    if (phase === 'inject') windows.set(id, { kind: event.f, begin: event, end: undefined, effective: true });
    else if (phase === 'proof' && window !== undefined) window.effective = effective !== false;
    else if (phase === 'heal' && window !== undefined) window.end ??= event;
  }
  return [...windows.values()].filter(({ effective }) => effective).map(({ kind, begin, end }) => ({ kind, begin, end }));
};

const ending = /stop|heal|recover|resume|reset|end|repair/i;

const foreign = (events: readonly Event[]): readonly FaultWindow[] => {
  const windows: { kind: string; begin: Event; end: Event | undefined }[] = [];
  let current: (typeof windows)[number] | undefined;
  for (const event of events) {
    if (current !== undefined && current.end === undefined && event.f === current.begin.f) continue;
    if (current !== undefined) current.end ??= event;
    if (ending.test(event.f)) continue;
    current = { kind: event.f, begin: event, end: undefined };
    windows.push(current);
  }
  return windows;
};
