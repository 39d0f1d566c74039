/** Anomalies of locks, counters, identifiers, accounts and leaders. */
import type { Event, Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';
import { valueKey } from '../models/values.ts';
import {
  answered,
  byObject,
  countWhile,
  edits,
  type Injected,
  type Injection,
  laggedMoment,
  momentOf,
  picker,
  type Recorded,
} from './injection.ts';

/** From the answer of an `acquire` to the call of the `release` that follows it. */
interface Hold {
  readonly object: Key | undefined;
  readonly process: unknown;
  readonly from: number;
  readonly to: number;
}

const holdsOf = ({ operations }: Recorded): readonly Hold[] => {
  const held = new Map<string, Operation>();
  const holds: Hold[] = [];
  for (const operation of operations) {
    const { f, key, process, index } = operation.invoke;
    const name = `${process}\u0000${key}`;
    const acquired = held.get(name);
    if (f === 'release' && acquired !== undefined) {
      holds.push({ object: key, process, from: acquired.completion!.index, to: index });
      held.delete(name);
    }
    if (f === 'acquire' && operation.type === 'ok') held.set(name, operation);
  }
  return holds.sort((a, b) => a.from - b.from);
};

const twoHolders: Injection = {
  kind: 'two holders',
  summary: 'an acquire is granted at once, whoever holds the lock; one that nobody else’s hold delayed or refused is as it was',
  allowedBy: model => model === 'fenced-lock',
  prepare: recorded => {
    const holds = byObject(holdsOf(recorded));
    const pick = picker(recorded.operations.filter(({ invoke, type }) => invoke.f === 'acquire' && type !== 'info'));
    return (
      pick &&
      (rng => {
        const { invoke, completion, type } = pick(rng);
        const others = (holds.get(invoke.key) ?? []).filter(
          ({ process, from, to }) => process !== invoke.process && from < completion!.index && to > invoke.index,
        );
        const other = others.at(0);
        if (other === undefined) return edits([]);
        const to = Math.max(other.from, invoke.index) + 1;
        if (type === 'ok' && to === completion!.index) return edits([]);
        const granted: Event = { ...completion!, type: 'ok' };
        return moved(
          recorded,
          { ...granted, ...(type === 'fail' && { error: undefined }) } as Event,
          Math.max(other.from, invoke.index) + 1,
        );
      })
    );
  },
};

/** An event takes an earlier place; those in between come one later. */
const moved = ({ history }: Recorded, event: Event, to: number): Injected => {
  const from = event.index;
  const slots = history.slice(to, from + 1);
  const { error, ...rest } = event;
  const order = [error === undefined ? (rest as Event) : event, ...slots.slice(0, -1)];
  return edits(order.map((one, i) => ({ ...one, index: slots[i]!.index, time: slots[i]!.time })));
};

const repeatedToken: Injection = {
  kind: 'stale token',
  summary: 'an acquire is answered with the token that was given before',
  prepare: ({ operations }) => {
    const given = operations
      .filter(({ invoke, completion, type }) => type === 'ok' && invoke.f === 'acquire' && typeof completion!.value === 'number')
      .sort((a, b) => a.completion!.index - b.completion!.index);
    const pick = picker(given);
    return (
      pick &&
      (rng => {
        const operation = pick(rng);
        const before = given.findLast(
          other => other.invoke.key === operation.invoke.key && other.completion!.index < operation.completion!.index,
        );
        return edits(before === undefined ? [] : [answered(operation, before.completion!.value)]);
      })
    );
  },
};

const isCounterRead = ({ invoke, completion, type }: Operation): boolean =>
  type === 'ok' && invoke.f === 'read' && typeof completion!.value === 'number';

/** Every read that was called after the add had returned is off by that much. */
const countedTimes = (kind: string, summary: string, times: -1 | 1): Injection => ({
  kind,
  summary,
  prepare: ({ operations }) => {
    const reads = operations.filter(isCounterRead);
    const pick = picker(operations.filter(({ invoke, type }) => type === 'ok' && invoke.f === 'add' && Number(invoke.value) !== 0));
    return (
      pick &&
      (rng => {
        const { invoke, completion } = pick(rng);
        const later = reads.filter(read => read.invoke.key === invoke.key && read.invoke.index > completion!.index);
        return edits(later.map(read => answered(read, (read.completion!.value as number) + times * Number(invoke.value))));
      })
    );
  },
});

/** What was last read of an object (an account, a counter) by a moment. */
interface Sight {
  readonly object: Key | undefined;
  readonly operation: Operation;
  readonly value: Json;
}

const sightAt = (sights: readonly Sight[], moment: number, timed: boolean): Json | undefined => {
  const count = countWhile(sights, ({ operation }) => momentOf(operation.completion!, timed) <= moment);
  return count === 0 ? undefined : sights[count - 1]!.value;
};

const byReturn = (a: Sight, b: Sight): number => a.operation.completion!.index - b.operation.completion!.index;

const staleCounter: Injection = {
  kind: 'stale read',
  summary: 'a read is answered by a replica that lags 10 ms to 2 s behind (2 to 200 events): with what was last read by then, or 0',
  allowedBy: model => !['counter', 'linearizable'].includes(model),
  prepare: recorded => {
    const sights = recorded.operations
      .filter(isCounterRead)
      .map((operation): Sight => ({ object: operation.invoke.key, operation, value: operation.completion!.value }))
      .sort(byReturn);
    const ofKey = byObject(sights);
    const pick = picker(sights);
    return (
      pick &&
      (rng => {
        const { operation, object, value } = pick(rng);
        const old = sightAt(ofKey.get(object)!, laggedMoment(operation.invoke, recorded, rng), recorded.timed) ?? 0;
        return edits(old === value ? [] : [answered(operation, old)]);
      })
    );
  },
};

const repeatedId: Injection = {
  kind: 'repeated id',
  summary: 'a request is answered with an identifier that was given before',
  prepare: ({ operations }) => {
    const given = operations.filter(({ type, completion }) => type === 'ok' && completion!.value !== null);
    const pick = picker(given);
    return (
      pick &&
      (rng => {
        const operation = pick(rng);
        const before = rng.pick(given);
        return edits(before === operation ? [] : [answered(operation, before.completion!.value)]);
      })
    );
  },
};

type Balances = { readonly [account: string]: Json };

const isReading = ({ invoke, completion, type }: Operation): boolean =>
  type === 'ok' && invoke.f === 'read' && typeof completion!.value === 'object' && completion!.value !== null;

const readSkew: Injection = {
  kind: 'read skew',
  summary: 'one account of a read comes from a replica that lags 10 ms to 2 s behind (2 to 200 events): as it was last read by then',
  prepare: recorded => {
    const reads = recorded.operations.filter(isReading);
    const sights = reads
      .flatMap(operation =>
        Object.entries(operation.completion!.value as Balances).map(([object, value]): Sight => ({ object, operation, value })),
      )
      .sort(byReturn);
    const ofAccount = byObject(sights);
    const pick = picker(sights);
    return (
      pick &&
      (rng => {
        const { operation, object, value } = pick(rng);
        const old = sightAt(ofAccount.get(object)!, laggedMoment(operation.invoke, recorded, rng), recorded.timed);
        if (old === undefined || old === value) return edits([]);
        return edits([answered(operation, { ...(operation.completion!.value as Balances), [object as string]: old })]);
      })
    );
  },
};

const lostCredit: Injection = {
  kind: 'torn transfer',
  summary: 'of a transfer that is acknowledged only the debit happens: every read that was called after it shows the credit missing',
  prepare: ({ operations }) => {
    const reads = operations.filter(isReading);
    const pick = picker(operations.filter(({ invoke, type }) => type === 'ok' && invoke.f === 'transfer'));
    return (
      pick &&
      (rng => {
        const { invoke, completion } = pick(rng);
        const { to, amount } = invoke.value as { readonly to: string; readonly amount: number };
        const later = reads.filter(read => read.invoke.index > completion!.index);
        return edits(
          later.map(read => {
            const balances = read.completion!.value as Balances;
            return answered(read, { ...balances, [to]: Number(balances[to] ?? 0) - amount });
          }),
        );
      })
    );
  },
};

const splitBrain: Injection = {
  kind: 'split brain',
  summary: 'a node names another leader for the term',
  prepare: ({ operations }) => {
    const answers = operations.flatMap(operation => {
      const value = operation.type === 'ok' ? operation.completion!.value : null;
      const leader = typeof value === 'object' && value !== null && !Array.isArray(value) ? ((value as Balances).leader ?? null) : null;
      return leader === null ? [] : [{ operation, leader }];
    });
    const leaders = [...new Map(answers.map(({ leader }) => [valueKey(leader), leader])).values(), 'nobody-known'];
    const pick = picker(answers);
    return (
      pick &&
      (rng => {
        const { operation, leader } = pick(rng);
        const other = rng.pick(leaders.filter(one => valueKey(one) !== valueKey(leader)));
        return edits([answered(operation, { ...(operation.completion!.value as Balances), leader: other })]);
      })
    );
  },
};

export const lockInjections = [twoHolders, repeatedToken];
export const counterInjections = [
  countedTimes('lost add', 'an add is acknowledged and forgotten: every read that was called after it is that much less', -1),
  countedTimes('doubled add', 'an add takes effect twice: every read that was called after it is that much more', 1),
  staleCounter,
];
export const idInjections = [repeatedId];
export const bankInjections = [readSkew, lostCredit];
export const leaderInjections = [splitBrain];
