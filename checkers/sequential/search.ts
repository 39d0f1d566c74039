/**
 * Sequential consistency of any data type, straight from its model: a search over (how far each session is, the state of every object).
 * Exact; exponential at worst, so it has limits. Operations that change nothing never branch: as soon as one can be next it is.
 */
import type { History, Key } from '../../harness/history/event.ts';
import { type Operation, pairOperations } from '../../harness/history/operation.ts';
import { outOfMemory } from '../limits.ts';
import type { Call, Client, Model } from '../linearizable/model.ts';
import { canonical } from '../models/values.ts';
import type { Limits } from '../read-write/finding.ts';
import { frontiers } from '../read-write/frontiers.ts';

export interface Asked {
  readonly operation: Operation;
  readonly call: Call;
  readonly object: number;
  readonly session: number;
  readonly optional: boolean;
}

/** The processes by number, as models see them. */
const clientsIn = (operations: readonly Operation[]): ReadonlyMap<unknown, Client> => {
  const clients = new Map<unknown, { process: number; came: number; left: number }>();
  for (const { invoke, type } of operations) {
    const client = clients.get(invoke.process) ?? { process: Number(invoke.process), came: invoke.index, left: Number.POSITIVE_INFINITY };
    clients.set(invoke.process, type === 'info' ? Object.assign(client, { left: invoke.index }) : client);
  }
  return clients;
};

/** The operations that can matter, in the order of their calls. */
export const askedIn = <State>(history: History, model: Model<State>): readonly Asked[] => {
  const objects = new Map<Key | undefined, number>();
  const open = new Map<unknown, number>();
  let sessions = 0;
  const asked: Asked[] = [];
  const operations = pairOperations(history);
  const clients = clientsIn(operations);
  for (const operation of operations) {
    const { invoke, completion, type } = operation;
    if (!open.has(invoke.process)) open.set(invoke.process, sessions++);
    const session = open.get(invoke.process)!;
    if (type === 'info') open.delete(invoke.process);
    if (type === 'fail') continue;
    const output = type === 'ok' ? completion!.value : undefined;
    const call: Call = { f: invoke.f, input: invoke.value, output, client: clients.get(invoke.process)! };
    const full = type === 'ok' && completion!.applied === false ? { ...call, applied: false } : call;
    if (type === 'info' && model.readOnly?.(full)) continue;
    if (!objects.has(invoke.key)) objects.set(invoke.key, objects.size);
    asked.push({ operation, call: full, object: objects.get(invoke.key)!, session, optional: type === 'info' });
  }
  return asked;
};

interface Put {
  readonly operation: number;
  readonly before: unknown;
}

/** Operations and sessions that are looked at between looks at the clock. */
const workBetweenLooks = 20_000;
const choiceBytes = 8;

/** Whether some order that keeps the sessions' own explains all answers. */
export const searchByModel = <State>(asked: readonly Asked[], model: Model<State>, limits: Limits): boolean | 'time' | 'memory' => {
  const bySession = new Map<number, number[]>();
  asked.forEach(({ session }, i) => {
    const list = bySession.get(session);
    if (list === undefined) bySession.set(session, [i]);
    else list.push(i);
  });
  const lists = [...bySession.values()];
  const sessionOf = new Map(lists.flatMap((list, s) => list.map(i => [i, s] as const)));
  const objectCount = Math.max(0, ...asked.map(({ object }) => object + 1));
  const states: State[] = Array.from({ length: objectCount }, () => model.init);
  const numbers = new Map<string | number, number>();
  const numberOf = (state: State): number => {
    const name = model.hash
      ? model.hash(state)
      : typeof state === 'string' || typeof state === 'number'
        ? state
        : canonical(state as never);
    const found = numbers.get(name);
    if (found !== undefined) return found;
    numbers.set(name, numbers.size + 1);
    return numbers.size;
  };
  const initial = numberOf(model.init);
  const row = new Int32Array(lists.length + objectCount);
  row.fill(initial, lists.length);
  const seen = frontiers(row.length, limits.memoryBytes);
  const order: Put[] = [];
  let [work, listed] = [0, 0];
  let missing = asked.filter(({ optional }) => !optional).length;
  const next = (s: number): number => lists[s]![row[s]!] ?? -1;
  const put = (i: number, state: State): void => {
    work++;
    const { object, optional } = asked[i]!;
    order.push({ operation: i, before: states[object] });
    states[object] = state;
    row[lists.length + object] = numberOf(state);
    row[sessionOf.get(i)!]!++;
    if (!optional) missing--;
  };
  const takeBack = (): void => {
    work++;
    const { operation, before } = order.pop()!;
    const { object, optional } = asked[operation]!;
    states[object] = before as State;
    row[lists.length + object] = numberOf(before as State);
    row[sessionOf.get(operation)!]!--;
    if (!optional) missing++;
  };
  const settle = (): void => {
    for (let again = true; again; ) {
      again = false;
      work += lists.length;
      if (work > workBetweenLooks && limits.now() > limits.deadline) return;
      for (let s = 0; s < lists.length; s++)
        for (let i = next(s); i >= 0 && model.readOnly?.(asked[i]!.call); i = next(s)) {
          const after = model.step(states[asked[i]!.object]!, asked[i]!.call);
          if (after === undefined) break;
          put(i, after);
          again = true;
        }
    }
  };
  const levels: { readonly at: number; readonly choices: readonly number[]; next: number }[] = [];
  settle();
  for (;;) {
    if (missing === 0) return true;
    work += lists.length;
    if (work > workBetweenLooks) {
      work = 0;
      if (limits.now() > limits.deadline) return 'time';
      if (outOfMemory(limits, seen.bytes + listed * choiceBytes)) return 'memory';
    }
    const fresh = seen.add(row);
    if (fresh === undefined) return 'memory';
    const choices = fresh ? lists.map((_, s) => next(s)).filter(i => i >= 0) : [];
    const answered = (i: number): number => (asked[i]!.optional ? 1 : 0);
    listed += choices.length;
    levels.push({ at: order.length, choices: choices.sort((a, b) => answered(a) - answered(b) || a - b), next: 0 });
    for (let stepped = false; !stepped; ) {
      let level = levels.at(-1)!;
      while (level.next >= level.choices.length) {
        listed -= levels.pop()!.choices.length;
        if (levels.length === 0) return false;
        level = levels.at(-1)!;
      }
      while (order.length > level.at) takeBack();
      const i = level.choices[level.next++]!;
      const after = model.step(states[asked[i]!.object]!, asked[i]!.call);
      if (after === undefined) continue;
      put(i, after);
      stepped = true;
    }
    settle();
  }
};
