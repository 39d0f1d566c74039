/**
 * Registers whose written values are all different, with compare-and-set and unknown outcomes, in O(n log n) whatever the concurrency.
 *
 * A value and what observed it is a cluster; a successful cas a -> b directly follows the last read of a, so clusters chain into blocks,
 * each contiguous in any linearization. With f the first return and s the last call in a block: if f < s the block holds the register
 * at least from f to s (a forward zone); otherwise it fits into any single moment between s and f (a backward zone). Linearizable iff
 * within each block nothing returns before something ahead of it in the chain was called, forward zones are disjoint, and no backward
 * zone lies within a forward one. An unknown outcome counts only if its value was seen, perhaps through further cas.
 * Source: Gibbons & Korach, "Testing shared memories", SIAM J. Comput. 1997 (clusters and zones).
 */
import { type Guards, initialValue, none, unobservedValue } from './guards.ts';
import { never } from './subject.ts';

export type ZoneResult =
  | { readonly outcome: 'linearizable' | 'inapplicable' }
  | {
      readonly outcome: 'violation';
      /** Operations among which the contradiction lies, as places in the list. */
      readonly suspects: readonly number[];
      /** Two zones that cannot both be. */
      readonly zones: readonly [Zone, Zone] | undefined;
      readonly order: Order | undefined;
    };

/** `early` comes before `late` in a chain of values, and yet `late` returned before `early` was called. */
export interface Order {
  readonly early: number;
  readonly late: number;
}

/** Where the initial value was there from. */
const start = -1;

/**
 * A stretch of time that one chain of values fills: its earliest return and latest call, and the operations these belong to (`none`: the
 * initial value, there from the start). Forward if it returns first and is called last; otherwise any moment between the two will do.
 */
export interface Zone {
  firstReturn: number;
  lastCall: number;
  returner: number;
  caller: number;
}

class Contradiction {
  readonly suspects: readonly number[];
  readonly zones: readonly [Zone, Zone] | undefined;
  readonly order: Order | undefined;
  constructor(suspects: readonly number[], zones?: readonly [Zone, Zone], order?: Order) {
    this.suspects = suspects;
    this.zones = zones;
    this.order = order;
  }
}

export const checkByZones = (guards: Guards): ZoneResult => {
  const writer = writersByValue(guards);
  if (writer === undefined) return { outcome: 'inapplicable' };
  const found = contradiction(guards, writer);
  return found === undefined
    ? { outcome: 'linearizable' }
    : { outcome: 'violation', suspects: [...new Set(found.suspects)], zones: found.zones, order: found.order };
};

/** The operation that sets each observed value; undefined if a value is set twice or the initial one is, or if something forbids. */
const writersByValue = (guards: Guards): Int32Array | undefined => {
  if (guards.forbids) return undefined;
  const writer = new Int32Array(guards.values.length).fill(none);
  for (let i = 0; i < guards.set.length; i++) {
    const value = guards.set[i]!;
    if (value === none || value === unobservedValue) continue;
    if (value === initialValue || writer[value] !== none) return undefined;
    writer[value] = i;
  }
  return writer;
};

const contradiction = (guards: Guards, writer: Int32Array): Contradiction | undefined => {
  const { expect, set, called, returned } = guards;
  const because = effectiveOperations(guards, writer);
  if (because instanceof Contradiction) return because;
  const reads = readGroups(guards);
  const successor = successorsByValue(guards, because);
  if (successor instanceof Contradiction) return successor;
  const zones: Zone[] = [];
  let chained = 0;
  for (let i = 0; i < set.length; i++) {
    if (because[i] === idle || set[i] === none) continue;
    if (expect[i] !== none) {
      chained++;
      continue;
    }
    const zone = { firstReturn: returned[i]!, lastCall: called[i]!, returner: i, caller: i };
    const links = fill(zone, set[i]!, guards, reads, successor);
    if (links instanceof Contradiction) return links;
    chained -= links;
    zones.push(zone);
  }
  const initial: Zone = { firstReturn: start, lastCall: start, returner: none, caller: none };
  const links = fill(initial, initialValue, guards, reads, successor);
  if (links instanceof Contradiction) return links;
  if (initial.caller !== none) zones.push(initial);
  if (chained > links) return new Contradiction(cyclic(guards, because, writer));
  return crossing(zones);
};

/** Left out: nobody saw it, so it need not have happened. */
const idle = -2;
/** It answered. */
const answered = -1;

/**
 * Why each operation counts: `answered`, or the operation that saw the value of an unknown outcome, or `idle`.
 * A value that nobody wrote is a contradiction.
 */
const effectiveOperations = ({ expect, returned }: Guards, writer: Int32Array): Int32Array | Contradiction => {
  const because = new Int32Array(expect.length).fill(idle);
  for (let i = 0; i < expect.length; i++) if (returned[i] !== never) because[i] = answered;
  for (let i = 0; i < expect.length; i++) {
    if (because[i] !== answered) continue;
    for (let observer = i; ; ) {
      const value = expect[observer]!;
      if (value === none || value === initialValue) break;
      const source = writer[value]!;
      if (source === none) return new Contradiction(reasons(observer, because));
      if (because[source] !== idle) break;
      because[source] = observer;
      observer = source;
    }
  }
  return because;
};

/** The operation and those because of which it counts. */
const reasons = (operation: number, because: Int32Array): number[] => {
  const list = [operation];
  for (let next = because[operation]!; next >= 0; next = because[next]!) list.push(next);
  return list;
};

interface ReadGroups {
  /** Per value, the read that returned first and the one called last; `none` where there is none. */
  readonly firstToReturn: Int32Array;
  readonly lastCalled: Int32Array;
}

const readGroups = ({ expect, set, returned, values }: Guards): ReadGroups => {
  const firstToReturn = new Int32Array(values.length).fill(none);
  const lastCalled = new Int32Array(values.length).fill(none);
  for (let i = 0; i < expect.length; i++) {
    const value = expect[i]!;
    if (value === none || set[i] !== none || returned[i] === never) continue;
    if (firstToReturn[value] === none || returned[i]! < returned[firstToReturn[value]!]!) firstToReturn[value] = i;
    lastCalled[value] = i; // subjects come in call order
  }
  return { firstToReturn, lastCalled };
};

/** The cas that took each value away. Two of them contradict each other: the value was there only once. */
const successorsByValue = ({ expect, set, values }: Guards, because: Int32Array): Int32Array | Contradiction => {
  const successor = new Int32Array(values.length).fill(none);
  for (let i = 0; i < expect.length; i++) {
    const value = expect[i]!;
    if (because[i] === idle || value === none || set[i] === none) continue;
    const other = successor[value]!;
    if (other !== none) return new Contradiction([...reasons(other, because), ...reasons(i, because)]);
    successor[value] = i;
  }
  return successor;
};

/** Widens the zone by all that follows `value` in its chain: reads, the cas, reads of what that set, … Answers with the number of cas. */
const fill = (
  zone: Zone,
  value: number,
  guards: Guards,
  { firstToReturn, lastCalled }: ReadGroups,
  successor: Int32Array,
): number | Contradiction => {
  for (let links = 0; ; links++) {
    const reader = firstToReturn[value]!;
    if (reader !== none) {
      if (guards.returned[reader]! < zone.lastCall) return backwards(reader, zone.caller);
      widen(zone, guards, reader, lastCalled[value]!);
    }
    const cas = successor[value]!;
    if (cas === none) return links;
    if (guards.returned[cas]! < zone.lastCall) return backwards(cas, zone.caller);
    widen(zone, guards, cas, cas);
    value = guards.set[cas]!;
    if (value === unobservedValue) return links + 1;
  }
};

const widen = (zone: Zone, { called, returned }: Guards, returner: number, caller: number): void => {
  if (returned[returner]! < zone.firstReturn) {
    zone.firstReturn = returned[returner]!;
    zone.returner = returner;
  }
  if (called[caller]! > zone.lastCall) {
    zone.lastCall = called[caller]!;
    zone.caller = caller;
  }
};

/** Cas that only explain one another: from any one back along the writers until one comes again. */
const cyclic = ({ expect, set }: Guards, because: Int32Array, writer: Int32Array): number[] => {
  const rooted = (operation: number): readonly number[] | undefined => {
    const path = new Set<number>();
    for (let at = operation; expect[at] !== none && expect[at] !== initialValue; at = writer[expect[at]!]!) {
      if (path.has(at)) return [...path];
      path.add(at);
    }
    return undefined;
  };
  for (let i = 0; i < set.length; i++) {
    if (because[i] === idle || set[i] === none || expect[i] === none) continue;
    const path = rooted(i);
    if (path !== undefined) return path.flatMap(operation => reasons(operation, because));
  }
  return [];
};

const operationsOf = ({ returner, caller }: Zone): number[] => [returner, caller].filter(operation => operation !== none);

/** `late` returned before `early`, which comes before it in their chain, was called. */
const backwards = (late: number, early: number): Contradiction => new Contradiction([late, early], undefined, { early, late });

const between = (a: Zone, b: Zone): Contradiction => new Contradiction([...operationsOf(a), ...operationsOf(b)], [a, b]);

/** Two zones that cannot both be: forward ones that overlap, or a backward one within a forward one. */
const crossing = (zones: readonly Zone[]): Contradiction | undefined => {
  const forward = zones.filter(zone => zone.firstReturn < zone.lastCall).sort((a, b) => a.firstReturn - b.firstReturn);
  for (let i = 1; i < forward.length; i++) {
    const [a, b] = [forward[i - 1]!, forward[i]!];
    if (b.firstReturn < a.lastCall) return between(a, b);
  }
  for (const zone of zones) {
    if (zone.firstReturn < zone.lastCall) continue;
    const around = lastStartedBefore(forward, zone.lastCall);
    if (around !== undefined && zone.firstReturn < around.lastCall) return between(around, zone);
  }
  return undefined;
};

const lastStartedBefore = (forward: readonly Zone[], position: number): Zone | undefined => {
  let [low, high] = [0, forward.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (forward[middle]!.firstReturn < position) low = middle + 1;
    else high = middle;
  }
  return forward[low - 1];
};
