/** Which anomalies can be injected into the histories of which workload. */
import { listAppendInjections, logInjections, setInjections } from './collections.ts';
import { containerInjections } from './containers.ts';
import type { Injection } from './injection.ts';
import { bankInjections, counterInjections, idInjections, leaderInjections, lockInjections } from './others.ts';
import { kvInjections, manyRegisterInjections, monotonicInjections, registerInjections } from './registers.ts';

const byWorkload: Readonly<Record<string, readonly Injection[]>> = {
  register: registerInjections,
  'multi-register': manyRegisterInjections,
  'rw-register': manyRegisterInjections,
  'long-fork': manyRegisterInjections.filter(({ kind }) => kind === 'stale read'),
  kv: kvInjections,
  monotonic: monotonicInjections,
  set: setInjections,
  broadcast: setInjections,
  'list-append': listAppendInjections,
  log: logInjections,
  queue: containerInjections,
  stack: containerInjections,
  lock: lockInjections,
  counter: counterInjections,
  'unique-ids': idInjections,
  bank: bankInjections,
  'leader-election': leaderInjections,
};

/** Empty for a workload that is not known here. */
export const injectionsOf = (workload: string): readonly Injection[] => (Object.hasOwn(byWorkload, workload) ? byWorkload[workload]! : []);
