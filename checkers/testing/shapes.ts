/** What random clients of each model ask, and how an honest object answers. */
import type { Json } from '../../harness/std/json.ts';
import { register } from '../models/register.ts';
import { sameValue } from '../models/values.ts';
import type { Shape } from './random-history.ts';

/** `values`: how many different ones; 0: all unique. `denied`: share of failed cas that say so (`applied: false`) instead of `fail`. */
export const registerShape = (values: number, denied = 0): Shape<Json> => {
  const recent: Json[] = [null];
  return {
    model: register,
    request: (rng, fresh) => {
      const value = (): number => {
        const next = values === 0 ? fresh() : rng.int(values);
        recent.push(next);
        if (recent.length > 4) recent.shift();
        return next;
      };
      const old = (): Json => (rng.chance(0.1) ? null : values === 0 ? rng.pick(recent) : rng.int(values));
      const kind = rng.int(3);
      if (kind === 0) return { f: 'read', value: null };
      if (kind === 1) return { f: 'write', value: value() };
      const from = old();
      return { f: 'cas', value: [from, value()] };
    },
    answer: (state, f, value) => {
      if (f === 'read') return { value: state };
      if (f === 'write' || sameValue(state, (value as readonly Json[])[0]!)) return { value };
      return denied > 0 ? { value, applied: false } : { value, type: 'fail' };
    },
    lie: (rng, f, value) => (f === 'read' ? (rng.chance(0.2) ? null : values === 0 ? rng.pick(recent) : rng.int(values)) : value),
  };
};
