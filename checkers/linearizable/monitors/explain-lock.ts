/** Why a few operations on a lock are a violation, in prose. */
import type { Key } from '../../../harness/history/event.ts';
import { by, type Explanation, moment, returnOf, span } from '../explain.ts';
import type { Subject } from '../subject.ts';

/** `two-holders`: more was acquired than released in between. `release-without-acquire`: the other way round. */
export const explainLock = (key: Key | undefined, kept: readonly Subject[]): Explanation | undefined => {
  const of = (f: string): Subject[] => kept.filter(({ invoke }) => invoke.f === f);
  const [acquires, releases] = [of('acquire'), of('release')];
  const lock = key === undefined ? 'the lock' : `lock ${key}`;
  if (acquires.length > releases.length) {
    const between = releases.length === 0 ? `no release was under way in between` : counted(releases, 'release', 'in between');
    const holders =
      acquires.length === 2 && releases.length === 0
        ? heldBoth(acquires, lock)
        : `${counted(acquires, 'acquire', `of ${lock} returned`)}, but ${between}: two held it at once.`;
    return { type: 'two-holders', explanation: holders };
  }
  if (releases.length === 0) return undefined;
  const taken =
    acquires.length === 0
      ? 'and no acquire was under way that can have come before or between them'
      : `but ${counted(acquires, 'acquire', 'can have come before or between them')}`;
  return { type: 'release-without-acquire', explanation: `${counted(releases, 'release', `of ${lock} succeeded`)}, ${taken}.` };
};

const heldBoth = (acquires: readonly Subject[], lock: string): string => {
  const [first, second] = [...acquires].sort((a, b) => a.returned - b.returned) as [Subject, Subject];
  return `${by(first)} and ${by(second)} both held ${lock}: one had acquired it by ${moment(returnOf(first))} (${span(first)}), the other by ${moment(returnOf(second))} (${span(second)}), and no release was under way in between.`;
};

const counted = (operations: readonly Subject[], name: string, what: string): string => {
  const list = operations.slice(0, 8).map(subject => `${by(subject)}, ${span(subject)}`);
  const more = operations.length > list.length ? `; and ${operations.length - list.length} more` : '';
  return `${operations.length} ${name}${operations.length === 1 ? '' : 's'} ${what} (${list.join('; ')}${more})`;
};
