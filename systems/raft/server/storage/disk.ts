/**
 * The queue in front of the store: writes that come while the disk is busy are committed together, and what waits for them is told in order.
 *
 * With the bug no-fsync only term and vote are waited for; the log is written every 1.5 s.
 */
import type { Clock } from '../clock.ts';
import type { Write } from '../core/types.ts';
import type { Store } from './store.ts';

const LAZY_WRITE_MS = 1500;

interface Job {
  readonly writes: readonly Write[];
  readonly durable: () => void;
}

export interface Disk {
  /** Calls `durable` when these writes and all before them are on disk; at once, and synchronously, if none are under way. */
  submit(writes: readonly Write[], durable: () => void): void;
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

export interface DiskOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** The bug no-fsync. */
  readonly lazy: boolean;
  /** A failed write is fatal: what was promised cannot be kept. */
  readonly onError: (error: unknown) => void;
}

export function openDisk({ store, clock, lazy, onError }: DiskOptions): Disk {
  let queue: Job[] = [];
  let running: Promise<void> | null = null;

  const drain = async () => {
    while (queue.length > 0) {
      const jobs = queue;
      queue = [];
      await store.write(jobs.flatMap(({ writes }) => writes));
      for (const { durable } of jobs) durable();
    }
    running = null;
  };

  const enqueue = (job: Job) => {
    queue.push(job);
    running ??= drain().catch(onError);
  };

  const later = lazyWriter(clock, writes => enqueue({ writes, durable: () => {} }));

  return {
    submit(writes, durable) {
      const now = lazy ? writes.filter(({ kind }) => kind === 'hard') : writes;
      if (lazy) later.add(writes.filter(({ kind }) => kind !== 'hard'));
      if (now.length === 0 && running === null) durable();
      else enqueue({ writes: now, durable });
    },
    async close() {
      later.flush();
      await running;
      await store.close();
    },
  };
}

function lazyWriter(clock: Clock, write: (writes: readonly Write[]) => void) {
  let held: Write[] = [];
  let waiting = false;
  const flush = () => {
    waiting = false;
    if (held.length > 0) write(held);
    held = [];
  };
  return {
    flush,
    add(writes: readonly Write[]) {
      held.push(...writes);
      if (held.length === 0 || waiting) return;
      waiting = true;
      clock.after(LAZY_WRITE_MS, flush);
    },
  };
}
