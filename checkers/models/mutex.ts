/** A lock that one holder has at a time: `acquire`, `release`. Who releases is not asked. */
import type { Model } from '../linearizable/model.ts';
import { explainLock } from '../linearizable/monitors/explain-lock.ts';
import { monitorLock } from '../linearizable/monitors/lock.ts';

/** A lock that one holder has at a time: `acquire`, `release`. Who releases is not asked. */
export const mutex: Model<'free' | 'held'> = {
  name: 'mutex',
  workload: 'lock',
  init: 'free',
  step: (lock, { f }) => {
    if (f === 'acquire') return lock === 'free' ? 'held' : undefined;
    if (f === 'release') return lock === 'held' ? 'free' : undefined;
    return lock;
  },
  describe: ({ f }) => f,
  readOnly: ({ f }) => f !== 'acquire' && f !== 'release',
  monitor: monitorLock,
  explain: explainLock,
};
