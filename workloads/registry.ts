import type { Workload } from '../harness/protocol/workload.ts';
import { bank } from './bank.ts';
import { broadcast } from './broadcast.ts';
import { counter } from './counter.ts';
import { leaderElection } from './leader-election.ts';
import { listAppend } from './list-append.ts';
import { lock } from './lock.ts';
import { log } from './log.ts';
import { longFork } from './long-fork.ts';
import { monotonic } from './monotonic.ts';
import { queue } from './queue.ts';
import { register } from './register.ts';
import { set } from './set.ts';
import { uniqueIds } from './unique-ids.ts';

/** Every workload by its name, as `--workload` takes it. */
export const workloads: Readonly<Record<string, Workload>> = {
  register,
  'list-append': listAppend,
  set,
  queue,
  counter,
  'unique-ids': uniqueIds,
  bank,
  monotonic,
  'long-fork': longFork,
  lock,
  log,
  broadcast,
  'leader-election': leaderElection,
};
