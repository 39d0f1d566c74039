/**
 * Locks that know their holder. `reentrant-lock`: its holder may `acquire` it again, and must `release` it as often. `fenced-lock`: `acquire`
 * is answered with a token, a number larger than all before it (null: no token was said); only the holder may `release`.
 *
 * After an unknown outcome a client goes on under a new process number, and nobody says which. So a process that came after another had left
 * may act for it: that can hide a violation, and never makes one up.
 */
import type { Call, Client, Model } from '../linearizable/model.ts';
import { showAnswer } from './values.ts';

/** Whoever calls, as far as the caller is known. */
const nobody: Client = { process: -1, came: 0, left: Number.POSITIVE_INFINITY };

const actsFor = (client: Client, holder: Client): boolean => client.process === holder.process || client.came > holder.left;

interface Held {
  readonly holder: Client;
  readonly times: number;
}

/** Null: free. */
export const reentrantLock: Model<Held | null> = {
  name: 'reentrant-lock',
  workload: 'reentrant-lock',
  init: null,
  byClient: true,
  step: (lock, { f, client = nobody }) => {
    if (f !== 'acquire' && f !== 'release') return lock;
    if (lock === null) return f === 'acquire' ? { holder: client, times: 1 } : undefined;
    if (!actsFor(client, lock.holder)) return undefined;
    if (f === 'acquire') return { holder: client, times: lock.times + 1 };
    return lock.times === 1 ? null : { holder: lock.holder, times: lock.times - 1 };
  },
  hash: lock => (lock === null ? 'free' : `${lock.holder.process} ${lock.times}`),
  describe: call => `${call.f}${by(call)}`,
  readOnly: ({ f }) => f !== 'acquire' && f !== 'release',
};

interface Fenced {
  readonly holder: Client | null;
  /** The largest token that was seen. One of unknown outcome, which nobody saw, fits between any two. */
  readonly token: number;
}

/** A lock whose `acquire` answers with a token larger than all before; its holder alone releases it. */
export const fencedLock: Model<Fenced> = {
  name: 'fenced-lock',
  workload: 'fenced-lock',
  init: { holder: null, token: Number.NEGATIVE_INFINITY },
  byClient: true,
  step: (lock, { f, output, client = nobody }) => {
    if (f === 'acquire') {
      if (lock.holder !== null) return undefined;
      if (typeof output !== 'number') return { ...lock, holder: client };
      return output > lock.token ? { holder: client, token: output } : undefined;
    }
    if (f !== 'release') return lock;
    return lock.holder !== null && actsFor(client, lock.holder) ? { ...lock, holder: null } : undefined;
  },
  hash: ({ holder, token }) => `${holder?.process ?? 'free'} ${token}`,
  describe: call => `${call.f}${call.f === 'acquire' ? ` -> ${showAnswer(call.output)}` : ''}${by(call)}`,
  readOnly: ({ f }) => f !== 'acquire' && f !== 'release',
};

const by = ({ client }: Call): string => (client === undefined ? '' : ` by process ${client.process}`);
