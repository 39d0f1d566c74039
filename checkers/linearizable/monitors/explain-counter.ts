/**
 * Why a few operations on a counter are a violation, in prose: the bounds that an answer must lie between, and who says so. Where the counter only
 * goes one way reads stand in the order of their answers, whenever they were made; then what must or can have been added between two of them
 * bounds their difference. With adds of one amount every violation is one of these (Hall's theorem on the intervals of `counter.ts`).
 */
import type { Key } from '../../../harness/history/event.ts';
import type { Explanation } from '../explain.ts';
import { never, type Subject } from '../subject.ts';
import { type Contradiction, explanationOf, few, precedes, told } from './contradiction.ts';

interface Read {
  readonly subject: Subject;
  readonly sum: number;
}

interface Add {
  readonly subject: Subject;
  readonly amount: number;
}

interface Counter {
  readonly reads: readonly Read[];
  readonly adds: readonly Add[];
  /** 1 or -1 where it only goes one way. */
  readonly sign: 1 | -1 | undefined;
}

/** `too-low`, `too-high`, `non-monotonic-read`, or `unexpected`: a sum within its bounds that no adds make. O(n) for each two reads. */
export const explainCounter = (_key: Key | undefined, kept: readonly Subject[]): Explanation | undefined => {
  const counter = openCounter(kept);
  return counter && explanationOf(outOfBounds(counter) ?? backwards(counter) ?? between(counter) ?? unreachable(counter), kept);
};

/** Undefined where something is no whole number: bounds would not be exact. */
const openCounter = (kept: readonly Subject[]): Counter | undefined => {
  const adds: Add[] = [];
  const reads: Read[] = [];
  for (const subject of kept) {
    const { invoke, completion, returned } = subject;
    if (invoke.f === 'add') adds.push({ subject, amount: Number(invoke.value) });
    else if (invoke.f === 'read' && returned !== never) reads.push({ subject, sum: completion!.value as number });
  }
  if (!adds.every(({ amount }) => Number.isSafeInteger(amount)) || !reads.every(({ sum }) => typeof sum === 'number')) return undefined;
  const sign = adds.every(({ amount }) => amount >= 0) ? 1 : adds.every(({ amount }) => amount <= 0) ? -1 : undefined;
  return { adds: adds.filter(({ amount }) => amount !== 0), reads, sign };
};

const total = (adds: readonly Add[]): number => adds.reduce((sum, { amount }) => sum + amount, 0);
const subjectsOf = (list: readonly { readonly subject: Subject }[]): readonly Subject[] => list.map(({ subject }) => subject);
const isUp = ({ amount }: Add): boolean => amount > 0;
const isDown = ({ amount }: Add): boolean => amount < 0;

/** What had been added for sure when a read was called, and what else can have been before it returned. */
const knownTo = ({ adds }: Counter, { subject }: Read): { readonly done: readonly Add[]; readonly open: readonly Add[] } => ({
  done: adds.filter(add => precedes(add.subject, subject)),
  open: adds.filter(add => !precedes(add.subject, subject) && add.subject.called < subject.returned),
});

const outOfBounds = (counter: Counter): Contradiction | undefined => {
  for (const read of counter.reads) {
    const { done, open } = knownTo(counter, read);
    const least = total(done) + total(open.filter(isDown));
    const most = total(done) + total(open.filter(isUp));
    if (read.sum < least) return bound(read, `at least ${least}`, done.filter(isUp), [...done, ...open].filter(isDown));
    if (read.sum > most) return bound(read, `at most ${most}`, done.filter(isDown), [...done, ...open].filter(isUp));
  }
  return undefined;
};

/** `certain` pulls the bound to its side and had returned in time; `possible` pulls the other way. */
const bound = (read: Read, limit: string, certain: readonly Add[], possible: readonly Add[]): Contradiction => {
  const type = limit.startsWith('at least') ? 'too-low' : 'too-high';
  const [sure, maybe] = [few(subjectsOf(certain)), few(subjectsOf(possible))];
  const [up, down] = type === 'too-low' ? ['added', 'subtracted'] : ['subtracted', 'added'];
  const reasons = [
    ...(certain.length > 0 ? [`${sure.text} had ${up} ${Math.abs(total(certain))} before the read was called`] : []),
    possible.length > 0
      ? `no more than ${Math.abs(total(possible))} can have been ${down} before it returned, by ${maybe.text}`
      : certain.length > 0
        ? 'nothing that would undo it had been asked for by then'
        : `nothing had been asked to be ${down} before it returned`,
  ];
  const text = `${told(read.subject)} is ${type === 'too-low' ? 'too low' : 'too high'}: it must be ${limit}, since ${reasons.join(', and ')}.`;
  return { type, text, named: [read.subject, ...sure.named, ...maybe.named] };
};

const backwards = ({ reads, sign }: Counter): Contradiction | undefined => {
  if (sign === undefined) return undefined;
  for (const late of reads) {
    const early = reads.find(read => precedes(read.subject, late.subject) && sign * read.sum > sign * late.sum);
    if (early === undefined) continue;
    const text = `${told(late.subject)} was called after ${told(early.subject)} had returned, and nothing had been asked to be ${sign === 1 ? 'subtracted' : 'added'} by then.`;
    return { type: 'non-monotonic-read', text, named: [late.subject, early.subject] };
  }
  return undefined;
};

/** Two reads, or the start and a read, whose answers differ by less than was added between them, or by more than can have been. */
const between = (counter: Counter): Contradiction | undefined => {
  const { reads, sign } = counter;
  if (sign === undefined) return undefined;
  for (const high of reads) {
    for (const low of [undefined, ...reads]) {
      if (low === high || sign * (low?.sum ?? 0) > sign * high.sum) continue;
      const found = squeezed(counter, low, high) ?? stretched(counter, low, high);
      if (found !== undefined) return found;
    }
  }
  return undefined;
};

const list = (reads: Iterable<Read>): string => [...reads].map(({ subject }) => told(subject)).join(' or ');

/** More was added after a read that is no lower than `low`, and before one that is no higher than `high`, than these differ by. */
const squeezed = ({ reads, adds, sign }: Counter, low: Read | undefined, high: Read): Contradiction | undefined => {
  const after = [...(low === undefined ? [] : [low]), ...reads.filter(read => low !== undefined && sign! * read.sum >= sign! * low.sum)];
  const before = [high, ...reads.filter(read => sign! * read.sum <= sign! * high.sum)];
  const [floors, ceilings] = [new Set<Read>(), new Set<Read>()];
  const inside = adds.filter(({ subject }) => {
    const floor = after.find(read => precedes(read.subject, subject));
    const ceiling = before.find(read => precedes(subject, read.subject));
    if (ceiling === undefined || (low !== undefined && floor === undefined)) return false;
    ceilings.add(ceiling);
    if (floor !== undefined) floors.add(floor);
    return true;
  });
  // If others alone force it, it is they who differ by too little: another pair.
  if (!ceilings.has(high) || (low !== undefined && !floors.has(low))) return undefined;
  const limit = (low?.sum ?? 0) + total(inside);
  if (sign! * limit <= sign! * high.sum) return undefined;
  const { text: some, named } = few(subjectsOf(inside));
  const since = low === undefined ? '' : `after ${list(floors)} had returned, and `;
  const [type, what, how] = sign === 1 ? ['too-low', 'too low', 'at least'] : ['too-high', 'too high', 'at most'];
  const text = `${told(high.subject)} is ${what}: it must be ${how} ${limit}, since ${some} came ${since}before ${list(ceilings)} was called.`;
  return { type, text, named: [high.subject, ...subjectsOf([...floors, ...ceilings]), ...named] };
};

/** Less can have been added between `low` and `high` than they differ by. */
const stretched = ({ reads, adds, sign }: Counter, low: Read | undefined, high: Read): Contradiction | undefined => {
  const notAfter = low === undefined ? [] : [low, ...reads.filter(read => sign! * read.sum <= sign! * low.sum)];
  const notBefore = [high, ...reads.filter(read => sign! * read.sum >= sign! * high.sum)];
  const excluding = new Set<Read>();
  const inside = adds.filter(({ subject }) => {
    const outside = notAfter.find(read => precedes(subject, read.subject)) ?? notBefore.find(read => precedes(read.subject, subject));
    if (outside !== undefined) excluding.add(outside);
    return outside === undefined;
  });
  const limit = (low?.sum ?? 0) + total(inside);
  if (sign! * limit >= sign! * high.sum) return undefined;
  const { text: some, named } = few(subjectsOf(inside));
  const others = [...excluding].filter(read => read !== low && read !== high);
  const since = low === undefined ? '' : ` after ${told(low.subject)}`;
  const [type, what, how] = sign === 1 ? ['too-high', 'too high', 'at most'] : ['too-low', 'too low', 'at least'];
  const rest = others.length === 0 ? '' : `, given ${others.map(({ subject }) => told(subject)).join(', ')}`;
  const can = inside.length === 0 ? 'no add' : `only ${some}`;
  const text = `${told(high.subject)} is ${what}: it must be ${how} ${limit}, since ${can} can have come${since} and before it${rest}.`;
  return { type, text, named: [high.subject, ...(low === undefined ? [] : [low.subject]), ...subjectsOf(others), ...named] };
};

const mostTried = 12;

/** A sum that no choice of what was under way makes. */
const unreachable = (counter: Counter): Contradiction | undefined => {
  for (const read of counter.reads) {
    const { done, open } = knownTo(counter, read);
    const unit = [...done, ...open].reduce((divisor, { amount }) => commonDivisor(divisor, Math.abs(amount)), 0);
    const { text: some, named } = few(subjectsOf(open));
    if (unit > 1 && read.sum % unit !== 0)
      return {
        type: 'unexpected',
        text: `${told(read.subject)} is no multiple of ${unit}, as everything is that was added before it returned.`,
        named: [read.subject],
      };
    if (open.length > mostTried) continue;
    const sums = new Set([total(done)]);
    for (const { amount } of open) for (const sum of [...sums]) sums.add(sum + amount);
    if (sums.has(read.sum)) continue;
    const under =
      open.length === 1 ? `with or without ${some}, which was under way` : `whichever of ${some}, which were under way, came first`;
    const text = `${told(read.subject)} is no sum of what was added: that comes to ${total(done)} for what had returned before the read was called, ${under}.`;
    return { type: 'unexpected', text, named: [read.subject, ...named] };
  }
  return undefined;
};

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
