/** A model's judgement of a history: over every way to trace its reads to writes, for a model holds if it holds for one of them. */
import type { ReadWriteHistory } from './door.ts';
import type { Finding, Judge, Limits } from './finding.ts';
import { type Candidates, candidatesOf, isTrace, traceOf, translated } from './trace.ts';

export type Decision =
  | { readonly outcome: 'holds'; readonly traced: boolean }
  /** `finding` is in the numbers of the history; left out where several ways were tried. `suspects`: operations, for shrinking. */
  | { readonly outcome: 'violated'; readonly finding?: Finding; readonly suspects: readonly number[]; readonly traced: boolean }
  | { readonly outcome: 'undecided'; readonly reason: string };

/** Ways to trace the reads that are tried at most. */
const mostWays = 20_000;

/** One trace where written values are unique; else as many as there are choices, up to a limit. */
export const decide = (history: ReadWriteHistory, judge: Judge, limits: Limits, ways = mostWays): Decision => {
  if (limits.now() > limits.deadline) return { outcome: 'undecided', reason: 'the time limit was reached' };
  const candidates = candidatesOf(history);
  if (candidates.thinAir !== undefined) {
    const { operation, version } = candidates.thinAir;
    const object = history.versions[version]!.object;
    const finding: Finding = { type: 'ThinAirRead', steps: [], read: { operation, object, from: -2 }, operations: [operation] };
    return { outcome: 'violated', finding, suspects: [operation], traced: true };
  }
  const choice = firstChoice(history, candidates);
  if (candidates.ambiguous.length === 0) return decideOne(history, choice, judge, limits);
  return decideMany(history, candidates, choice, judge, limits, ways);
};

const firstChoice = (history: ReadWriteHistory, { of }: Candidates): Int32Array => {
  const choice = new Int32Array(history.reads.item.length);
  for (let slot = 0; slot < choice.length; slot++) choice[slot] = of(slot)[0] ?? -2;
  return choice;
};

const decideOne = (history: ReadWriteHistory, choice: Int32Array, judge: Judge, limits: Limits): Decision => {
  const trace = traceOf(history, choice);
  if (!isTrace(trace)) {
    const { operation, version } = trace;
    const object = history.versions[version]!.object;
    const finding: Finding = { type: 'ThinAirRead', steps: [], read: { operation, object, from: -2 }, operations: [operation] };
    return { outcome: 'violated', finding, suspects: [operation], traced: true };
  }
  const found = judge(trace, limits);
  if (found === undefined) return { outcome: 'holds', traced: true };
  if (typeof found === 'string') return { outcome: 'undecided', reason: `the ${found} limit was reached` };
  const finding = translated(found, trace);
  return { outcome: 'violated', finding, suspects: finding.operations, traced: true };
};

const decideMany = (
  history: ReadWriteHistory,
  { ambiguous, of }: Candidates,
  choice: Int32Array,
  judge: Judge,
  limits: Limits,
  ways: number,
): Decision => {
  const options = ambiguous.map(of);
  const digits = new Int32Array(ambiguous.length);
  const suspects = new Set<number>();
  let undecided: string | undefined;
  const why = `${ambiguous.length} reads of values that were written more than once can be traced in too many ways`;
  for (let tried = 0; ; tried++) {
    if (tried >= ways || (tried > 0 && limits.now() > limits.deadline)) return { outcome: 'undecided', reason: undecided ?? why };
    const decision = decideOne(history, choice, judge, limits);
    if (decision.outcome === 'holds') return { outcome: 'holds', traced: false };
    if (decision.outcome === 'undecided') undecided = decision.reason;
    else if (suspects.size < 64) for (const operation of decision.suspects) suspects.add(operation);
    let at = digits.length - 1;
    while (at >= 0 && digits[at] === options[at]!.length - 1) {
      digits[at] = 0;
      choice[ambiguous[at]!] = options[at]![0]!;
      at--;
    }
    if (at < 0) break;
    digits[at]!++;
    choice[ambiguous[at]!] = options[at]![digits[at]!]!;
  }
  if (undecided !== undefined) return { outcome: 'undecided', reason: undecided };
  return { outcome: 'violated', suspects: [...suspects].sort((a, b) => a - b), traced: false };
};

/** Some operations of a history, ascending, as a history. O(their size). */
export const selected = (history: ReadWriteHistory, operations: readonly number[]): ReadWriteHistory => {
  const number = new Map(operations.map((operation, i) => [operation, i]));
  const versionNumber = new Map<number, number>();
  const lists = ({ start, item }: ReadWriteHistory['reads']): ReadWriteHistory['reads'] => {
    const starts = new Int32Array(operations.length + 1);
    const items: number[] = [];
    operations.forEach((operation, i) => {
      for (let at = start[operation]!; at < start[operation + 1]!; at++) {
        const version = item[at]!;
        if (!versionNumber.has(version)) versionNumber.set(version, versionNumber.size);
        items.push(versionNumber.get(version)!);
      }
      starts[i + 1] = items.length;
    });
    return { start: starts, item: Int32Array.from(items) };
  };
  const [reads, writes] = [lists(history.reads), lists(history.writes)];
  const kept = [...versionNumber.keys()];
  const writersOf = kept.map(version =>
    [...history.writers.item.subarray(history.writers.start[version]!, history.writers.start[version + 1]!)].flatMap(writer => {
      const i = number.get(writer);
      return i === undefined ? [] : [i];
    }),
  );
  const writers = flat(writersOf);
  const sessionNumber = new Map<number, number>();
  const bySession: number[][] = [];
  operations.forEach((operation, i) => {
    const s = history.session[operation]!;
    if (!sessionNumber.has(s)) sessionNumber.set(s, bySession.push([]) - 1);
    bySession[sessionNumber.get(s)!]!.push(i);
  });
  const [session, place] = [new Int32Array(operations.length), new Int32Array(operations.length)];
  bySession.forEach((list, s) => {
    list.forEach((i, at) => {
      session[i] = s;
      place[i] = at;
    });
  });
  return {
    ...history,
    size: operations.length,
    operations: operations.map(i => history.operations[i]!),
    session,
    place,
    sessions: flat(bySession),
    unknown: Uint8Array.from(operations, i => history.unknown[i]!),
    reads,
    writes,
    versions: kept.map(version => history.versions[version]!),
    isInitial: Uint8Array.from(kept, version => history.isInitial[version]!),
    writers,
    impossible: [],
  };
};

const flat = (lists: readonly (readonly number[])[]): ReadWriteHistory['reads'] => {
  const start = new Int32Array(lists.length + 1);
  lists.forEach((list, i) => {
    start[i + 1] = start[i]! + list.length;
  });
  return { start, item: Int32Array.from(lists.flat()) };
};
