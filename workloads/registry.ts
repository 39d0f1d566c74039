import type { Workload } from '../harness/protocol/workload.ts';
import { listAppend } from './list-append.ts';
import { queue } from './queue.ts';
import { register } from './register.ts';
import { set } from './set.ts';

/** Every workload by its name, as `--workload` takes it. */
export const workloads: Readonly<Record<string, Workload>> = { register, 'list-append': listAppend, set, queue };
