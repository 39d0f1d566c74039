/**
 * The weaker models straight from their definitions, for small histories in tests: tries every subset of unknown writes, every way to trace
 * reads to writes and every order. Shares no code with the checkers.
 */
import type { History } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';

interface Op {
  readonly id: number;
  readonly session: number;
  readonly optional: boolean;
  readonly reads: readonly (readonly [object: string, value: string])[];
  readonly writes: readonly (readonly [object: string, value: string])[];
}

const text = (value: Json): string => JSON.stringify(value);

const entries = (value: Json): [string, string][] =>
  Object.entries(value as { readonly [name: string]: Json }).map(([name, v]) => [name, text(v)]);

/** Register (`read`, `write`, `cas`, by key) and multi-register (`read`, `write` of `{name: value}`). */
const opsOf = (history: History): Op[] => {
  const ops: Op[] = [];
  const open = new Map<number, number>();
  let sessions = 0;
  history.forEach((event, at) => {
    if (event.type !== 'invoke' || typeof event.process !== 'number') return;
    const completion = history.find((other, later) => later > at && other.process === event.process);
    const known = completion?.type === 'ok';
    if (!open.has(event.process)) open.set(event.process, sessions++);
    const session = open.get(event.process)!;
    // A read cannot take effect later, so that the session goes on.
    if (completion?.type !== 'ok' && completion?.type !== 'fail' && event.f !== 'read') open.delete(event.process);
    if (completion?.type === 'fail') return;
    const object = String(event.key ?? '');
    const several = typeof event.value === 'object' && event.value !== null && !Array.isArray(event.value);
    const severalRead = known && event.f === 'read' && typeof completion.value === 'object' && completion.value !== null;
    const base = { id: ops.length, session, optional: !known };
    if (event.f === 'read' && known)
      ops.push({ ...base, reads: severalRead ? entries(completion.value) : [[object, text(completion.value)]], writes: [] });
    if (event.f === 'write') ops.push({ ...base, reads: [], writes: several ? entries(event.value) : [[object, text(event.value)]] });
    if (event.f === 'cas') {
      const [from, to] = event.value as readonly Json[];
      ops.push({ ...base, reads: [[object, text(from!)]], writes: [[object, text(to!)]] });
    }
  });
  return ops;
};

const initial = 'null';

/** Whether some set of unknown operations makes it so. */
const someOutcome = (history: History, holds: (ops: readonly Op[]) => boolean): boolean => {
  const ops = opsOf(history);
  const optional = ops.filter(op => op.optional);
  for (let mask = 0; mask < 1 << optional.length; mask++)
    if (holds(ops.filter(op => !op.optional || (mask & (1 << optional.indexOf(op))) !== 0))) return true;
  return false;
};

/** Whether some order of the operations respects `before`, and each one for which `asked` is true reads what was written last. */
const someOrder = (
  ops: readonly Op[],
  before: (a: Op, b: Op) => boolean,
  asked: (op: Op) => boolean,
  allowed: (order: readonly Op[], next: Op) => boolean = () => true,
): boolean => {
  const place = (order: readonly Op[], state: ReadonlyMap<string, string>): boolean => {
    if (order.length === ops.length) return true;
    return ops.some(op => {
      if (order.includes(op) || ops.some(other => other !== op && !order.includes(other) && before(other, op))) return false;
      if (asked(op) && op.reads.some(([object, value]) => (state.get(object) ?? initial) !== value)) return false;
      if (!allowed(order, op)) return false;
      return place([...order, op], op.writes.length === 0 ? state : new Map([...state, ...op.writes]));
    });
  };
  return place([], new Map());
};

const programOrder = (a: Op, b: Op): boolean => a.session === b.session && a.id < b.id;
const all = (): boolean => true;
const sessionsOf = (ops: readonly Op[]): number[] => [...new Set(ops.map(op => op.session))];
const writesOf = (ops: readonly Op[]): readonly Op[] => ops.filter(op => op.writes.length > 0);

export const sequentialByBruteForce = (history: History): boolean => someOutcome(history, ops => someOrder(ops, programOrder, all));

export const pramByBruteForce = (history: History): boolean =>
  someOutcome(history, ops =>
    sessionsOf(ops).every(s =>
      someOrder(
        ops.filter(op => op.session === s || op.writes.length > 0),
        programOrder,
        op => op.session === s,
      ),
    ),
  );

/** Ahamad et al. 1993 (PCG): PRAM, with the writes of each object in one order for all. */
export const processorByBruteForce = (history: History): boolean =>
  someOutcome(history, ops => {
    const writes = writesOf(ops);
    const objects = [...new Set(writes.flatMap(op => op.writes.map(([object]) => object)))];
    const on = (op: Op, object: string): boolean => op.writes.some(([other]) => other === object);
    const choose = (left: readonly string[], orders: ReadonlyMap<string, readonly Op[]>): boolean => {
      const object = left[0];
      if (object === undefined)
        return sessionsOf(ops).every(s =>
          someOrder(
            ops.filter(op => op.session === s || op.writes.length > 0),
            (a, b) =>
              programOrder(a, b) ||
              [...orders.values()].some(order => order.includes(a) && order.includes(b) && order.indexOf(a) < order.indexOf(b)),
            op => op.session === s,
          ),
        );
      return permutations(writes.filter(op => on(op, object))).some(order => choose(left.slice(1), new Map([...orders, [object, order]])));
    };
    return choose(objects, new Map());
  });

const permutations = (ops: readonly Op[]): readonly (readonly Op[])[] =>
  ops.length <= 1 ? [ops] : ops.flatMap(op => permutations(ops.filter(other => other !== op)).map(rest => [op, ...rest]));

type Sources = ReadonlyMap<string, Op | undefined>;
const readName = (op: Op, object: string): string => `${op.id}/${object}`;

/** Whether some way to trace reads to writes (undefined: the start) makes it so. */
const someTrace = (history: History, holds: (ops: readonly Op[], from: Sources) => boolean): boolean =>
  someOutcome(history, ops => {
    const reads = ops.flatMap(op => op.reads.map(([object, value]) => ({ op, object, value })));
    const trace = (at: number, from: Sources): boolean => {
      const read = reads[at];
      if (read === undefined) return holds(ops, from);
      const writers = ops.filter(
        op => op !== read.op && op.writes.some(([object, value]) => object === read.object && value === read.value),
      );
      const candidates = [...writers, ...(read.value === initial ? [undefined] : [])];
      return candidates.some(writer => trace(at + 1, new Map([...from, [readName(read.op, read.object), writer]])));
    };
    return trace(0, new Map());
  });

/** Program order and reads-from, closed; undefined if cyclic. */
const causal = (ops: readonly Op[], from: Sources): ((a: Op, b: Op) => boolean) | undefined => {
  const reach = new Set<string>();
  for (const a of ops)
    for (const b of ops)
      if (programOrder(a, b) || b.reads.some(([object]) => from.get(readName(b, object)) === a)) reach.add(`${a.id}<${b.id}`);
  for (const via of ops)
    for (const a of ops)
      for (const b of ops) if (reach.has(`${a.id}<${via.id}`) && reach.has(`${via.id}<${b.id}`)) reach.add(`${a.id}<${b.id}`);
  if (ops.some(op => reach.has(`${op.id}<${op.id}`))) return undefined;
  return (a, b) => reach.has(`${a.id}<${b.id}`);
};

const past = (ops: readonly Op[], before: (a: Op, b: Op) => boolean, op: Op): Op[] =>
  ops.filter(other => other === op || before(other, op));

export const causalByBruteForce = (history: History): boolean =>
  someTrace(history, (ops, from) => {
    const before = causal(ops, from);
    return before !== undefined && ops.every(op => someOrder(past(ops, before, op), before, other => other === op));
  });

export const memoryByBruteForce = (history: History): boolean =>
  someTrace(history, (ops, from) => {
    const before = causal(ops, from);
    return before !== undefined && ops.every(op => someOrder(past(ops, before, op), before, other => other.session === op.session));
  });

/** One order of all writes; each operation finds the last of its causal past. */
export const convergenceByBruteForce = (history: History): boolean =>
  someTrace(history, (ops, from) => {
    const before = causal(ops, from);
    if (before === undefined) return false;
    const writes = writesOf(ops);
    const explains = (order: readonly Op[]): boolean =>
      order.every((a, i) => order.slice(i + 1).every(b => !before(b, a))) &&
      ops.every(op =>
        op.reads.every(([object, value]) => {
          const last = order.filter(w => before(w, op)).findLast(w => w.writes.some(([other]) => other === object));
          return (last?.writes.find(([other]) => other === object)?.[1] ?? initial) === value;
        }),
      );
    return permutations(writes).some(explains);
  });

/** Reads of the session of `op` up to `op` itself, as the writes they show. */
const shown = (ops: readonly Op[], from: Sources, op: Op): readonly Op[] =>
  ops
    .filter(other => other === op || programOrder(other, op))
    .flatMap(other => other.reads.map(([object]) => from.get(readName(other, object))))
    .filter(write => write !== undefined);

const writesTo = (op: Op, object: string): boolean => op.writes.some(([other]) => other === object);

const everyRead = (ops: readonly Op[], holds: (op: Op, object: string) => boolean): boolean =>
  ops.every(op => op.reads.every(([object]) => holds(op, object)));

export const readYourWritesByBruteForce = (history: History): boolean =>
  someTrace(history, (ops, from) =>
    everyRead(ops, (op, object) => {
      const source = from.get(readName(op, object));
      return ops.every(own => !(programOrder(own, op) && writesTo(own, object)) || !(source === undefined || programOrder(source, own)));
    }),
  );

/** One order of the object's writes for each session, which keeps every writer's own and in which its reads never go back. */
export const monotonicReadsByBruteForce = (history: History): boolean =>
  someTrace(history, (ops, from) =>
    sessionsOf(ops).every(s => {
      const own = ops.filter(op => op.session === s);
      const objects = [...new Set(own.flatMap(op => op.reads.map(([object]) => object)))];
      return objects.every(object => {
        const seen = own.filter(op => op.reads.some(([other]) => other === object)).map(op => from.get(readName(op, object)));
        const inOrder = (order: readonly Op[]): boolean => {
          const rank = seen.map(write => (write === undefined ? -1 : order.indexOf(write)));
          const kept = order.every((a, i) => order.slice(i + 1).every(b => !programOrder(b, a)));
          return kept && rank.every((r, i) => i === 0 || rank[i - 1]! <= r);
        };
        return permutations(ops.filter(op => writesTo(op, object))).some(inOrder);
      });
    }),
  );

/** Of two writes of one writer, whoever has seen the second does not miss the first, nor read it over the second. */
export const monotonicWritesByBruteForce = (history: History): boolean =>
  someTrace(history, (ops, from) =>
    everyRead(ops, (op, object) => {
      const source = from.get(readName(op, object));
      return shown(ops, from, op).every(second =>
        ops.every(first => {
          if (!programOrder(first, second)) return true;
          const older = source === undefined || programOrder(source, first);
          if (writesTo(first, object) && older) return false;
          return !(writesTo(second, object) && source !== undefined && (source === first || programOrder(source, first)));
        }),
      );
    }),
  );

/** What a write follows: whatever its session had read before, or it itself found; and so on. */
const follows = (ops: readonly Op[], from: Sources, write: Op, found: Set<Op> = new Set()): Set<Op> => {
  for (const before of shown(ops, from, write)) {
    if (found.has(before)) continue;
    found.add(before);
    follows(ops, from, before, found);
  }
  return found;
};

export const writesFollowReadsByBruteForce = (history: History): boolean =>
  someTrace(history, (ops, from) =>
    everyRead(ops, (op, object) => {
      const source = from.get(readName(op, object));
      const seen = new Set(shown(ops, from, op));
      const followed = new Set([...seen].flatMap(write => [...follows(ops, from, write)]));
      if (source === undefined) return ![...followed].some(write => writesTo(write, object));
      return ![...seen, ...followed].some(write => writesTo(write, object) && write !== source && follows(ops, from, write).has(source));
    }),
  );

/** The definitions by the names of their models. */
export const weakDefinitions: Readonly<Record<string, (history: History) => boolean>> = {
  causal: causalByBruteForce,
  'causal-convergence': convergenceByBruteForce,
  'causal-memory': memoryByBruteForce,
  pram: pramByBruteForce,
  processor: processorByBruteForce,
  sequential: sequentialByBruteForce,
  'read-your-writes': readYourWritesByBruteForce,
  'monotonic-reads': monotonicReadsByBruteForce,
  'monotonic-writes': monotonicWritesByBruteForce,
  'writes-follow-reads': writesFollowReadsByBruteForce,
};
