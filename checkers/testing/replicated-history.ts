/**
 * Histories of a simulated replicated store, for tests and benchmarks of the weaker models: every client has a replica, writes reach the others
 * later, in causal order, and a replica shows either what came last (`arrival`), or what has the greatest Lamport time (`lww`), or now the one
 * and now the other (`wavering`). With `owners` every key has one writer; `atomic` is no replicated store at all. Real time passes evenly over the clients.
 */
import type { Event } from '../../harness/history/event.ts';
import type { Json } from '../../harness/std/json.ts';
import { createRng, type Rng } from '../../harness/std/rng.ts';

export interface ReplicatedCase {
  readonly clients: number;
  readonly operations: number;
  readonly keys: number;
  /** Share of operations whose outcome stays unknown; the client goes on under a new number. */
  readonly info: number;
  readonly store: 'arrival' | 'lww' | 'wavering' | 'owners' | 'atomic';
  /** Share of reads. */
  readonly reads: number;
  readonly seed?: string;
}

interface Write {
  readonly key: number;
  readonly value: number;
  readonly from: number;
  readonly lamport: number;
  /** How many writes of each client its writer had applied. */
  readonly after: Int32Array;
}

interface Replica {
  readonly held: Map<number, Write>;
  readonly greatest: Map<number, Write>;
  readonly applied: Int32Array;
  /** By sender: what has not been applied yet, oldest first. */
  readonly queues: Write[][];
  lamport: number;
  process: number;
}

const meanLag = 0.7;

export const replicatedHistory = (one: ReplicatedCase): Event[] => {
  const rng = createRng(`${one.clients}/${one.operations}/${one.keys}/${one.info}/${one.store}/${one.reads}/${one.seed}`);
  const { clients, operations, store } = one;
  const replicas: Replica[] = Array.from({ length: clients }, (_, process) => ({
    held: new Map(),
    greatest: new Map(),
    applied: new Int32Array(clients),
    queues: Array.from({ length: clients }, () => []),
    lamport: 0,
    process,
  }));
  const events: Event[] = [];
  let [processes, unique] = [clients, 0];
  for (let i = 0; i < operations; i++) {
    const c = rng.int(clients);
    const replica = replicas[c]!;
    const process = replica.process;
    const key = rng.int(one.keys);
    const emit = (type: Event['type'], f: string, value: Json): void => {
      events.push({ index: events.length, time: events.length * 1000, process, type, f, key: `k${key}`, value });
    };
    if (rng.chance(one.reads)) {
      deliver(rng, replica);
      emit('invoke', 'read', null);
      emit('ok', 'read', shown(rng, replica, store).get(key)?.value ?? null);
      continue;
    }
    const owned = store === 'owners' ? key - (key % clients) + c : key;
    const target = owned < one.keys ? owned : key;
    const write: Write = { key: target, value: ++unique, from: c, lamport: ++replica.lamport, after: replica.applied.slice() };
    const unknown = rng.chance(one.info);
    const say = (type: Event['type']): void => {
      events.push({ index: events.length, time: events.length * 1000, process, type, f: 'write', key: `k${target}`, value: write.value });
    };
    say('invoke');
    say(unknown ? 'info' : 'ok');
    if (unknown) replica.process = processes++;
    if (unknown && rng.chance(0.5)) continue;
    if (store === 'atomic') for (const other of replicas) other.held.set(target, write);
    else {
      apply(replica, write);
      for (const other of replicas) if (other !== replica) other.queues[c]!.push(write);
    }
  }
  return events;
};

const shown = (rng: Rng, { held, greatest }: Replica, store: ReplicatedCase['store']): ReadonlyMap<number, Write> =>
  store === 'lww' || (store === 'wavering' && rng.chance(0.5)) ? greatest : held;

const apply = (replica: Replica, write: Write): void => {
  const now = replica.greatest.get(write.key);
  const newer = now === undefined || write.lamport > now.lamport || (write.lamport === now.lamport && write.from > now.from);
  replica.held.set(write.key, write);
  if (newer) replica.greatest.set(write.key, write);
  replica.applied[write.from]!++;
  replica.lamport = Math.max(replica.lamport, write.lamport);
};

/** Applies some of what waits, each only after what its writer had applied. */
const deliver = (rng: Rng, replica: Replica): void => {
  const from = rng.int(replica.queues.length);
  for (let i = 0; i < replica.queues.length; i++) {
    const queue = replica.queues[(from + i) % replica.queues.length]!;
    let taken = 0;
    while (taken < queue.length && rng.chance(meanLag) && queue[taken]!.after.every((count, s) => replica.applied[s]! >= count))
      apply(replica, queue[taken++]!);
    if (taken > 0) queue.splice(0, taken);
  }
};
