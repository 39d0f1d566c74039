/**
 * Small random histories of registers for the weaker models: every session has a replica that learns others' writes late, in odd orders,
 * or never, and now and then an answer is made up. Most models hold for some and fail for others.
 */
import type { Event, History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import type { Rng } from '../../harness/std/rng.ts';

export interface WeakSize {
  readonly operations: number;
  readonly sessions: number;
  readonly objects: number;
  /** 0: all written values unique. */
  readonly values: number;
  /** Probabilities. */
  readonly info: number;
  readonly lie: number;
  readonly cas: number;
  readonly disorder: number;
  /** Share of reads among operations other than cas; default a half. */
  readonly reads?: number;
  /** Operations on several objects at once. */
  readonly several?: boolean;
}

export const weakHistory = (rng: Rng, size: WeakSize): History => {
  const events: Event[] = [];
  const names = ['x', 'y', 'z'].slice(0, size.objects);
  const replicas = Array.from({ length: size.sessions }, () => new Map<string, Json>());
  const queues: (readonly (readonly [string, Json])[])[][] = replicas.map(() => []);
  const processes = replicas.map((_, i) => i);
  const written = new Map(names.map(name => [name, [null] as Json[]]));
  let nextProcess = size.sessions;
  let last = 0;
  const emit = (process: number, type: Event['type'], f: string, key: string | undefined, value: Json): void => {
    events.push({ index: events.length, time: events.length * 1e6, process, type, f, ...(key !== undefined && { key }), value });
  };
  const fresh = (object: string): Json => {
    const value = size.values === 0 ? ++last : 1 + rng.int(size.values);
    written.get(object)!.push(value);
    return value;
  };
  const learn = (s: number): void => {
    const queue = queues[s]!;
    while (queue.length > 0 && rng.chance(0.5)) {
      const at = rng.chance(size.disorder) ? rng.int(queue.length) : 0;
      for (const [object, value] of queue.splice(at, 1)[0]!) replicas[s]!.set(object, value);
    }
  };
  const share = (s: number, writes: readonly (readonly [string, Json])[]): void => {
    for (const [object, value] of writes) replicas[s]!.set(object, value);
    queues.forEach((queue, other) => {
      if (other !== s) queue.push(...(rng.chance(size.disorder) ? writes.map(write => [write]) : [writes]));
    });
  };
  const answer = (s: number, object: string): Json =>
    rng.chance(size.lie) ? rng.pick(written.get(object)!) : (replicas[s]!.get(object) ?? null);
  for (let i = 0; i < size.operations; i++) {
    const s = rng.int(size.sessions);
    learn(s);
    const chosen = size.several ? names.filter(() => rng.chance(0.6)) : [rng.pick(names)];
    if (chosen.length === 0) continue;
    const key = size.several ? undefined : chosen[0]!;
    const unknown = rng.chance(size.info);
    const process = processes[s]!;
    const f = rng.chance(size.cas) && !size.several ? 'cas' : rng.chance(size.reads ?? 0.5) ? 'read' : 'write';
    if (f === 'read') {
      emit(process, 'invoke', f, key, null);
      const values = Object.fromEntries(chosen.map(object => [object, answer(s, object)]));
      emit(process, unknown ? 'info' : 'ok', f, key, unknown ? null : size.several ? values : values[chosen[0]!]!);
    } else {
      const writes = chosen.map(object => [object, fresh(object)] as const);
      const to = writes[0]![1];
      const value: Json = f === 'cas' ? [answer(s, chosen[0]!), to] : size.several ? Object.fromEntries(writes) : to;
      emit(process, 'invoke', f, key, value);
      emit(process, unknown ? 'info' : 'ok', f, key, value);
      if (!unknown || rng.chance(0.5)) share(s, writes);
    }
    if (unknown && rng.chance(0.8)) processes[s] = nextProcess++;
  }
  return events;
};

/** The same sessions one after the other: what the weaker models say must not change, and nothing is in the order that a search would guess. */
export const regrouped = (history: History): History => {
  const byProcess = history.toSorted((a, b) => Number(a.process) - Number(b.process) || a.index - b.index);
  return byProcess.map((event, index) => ({ ...event, index, time: index * 1e6 }));
};
