import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * One seed draws everything. Every consumer draws from its own named fork, so a new draw in one place moves nothing in another:
 * a fork depends on the seed and the names on the way to it, never on what was drawn before.
 */
export interface Rng {
  fork(name: string): Rng;
  /** Uniform in [0, 1), 32 bits. */
  float(): number;
  /** Uniform integer in [0, below). */
  int(below: number): number;
  chance(probability: number): boolean;
  /** Exponentially distributed with this mean (Poisson arrivals). */
  exponential(mean: number): number;
  /** Throws on an empty list. */
  pick<T>(items: readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
}

export const createRng = (seed: number | string): Rng => streamOf(`${seed}`);

const streamOf = (path: string): Rng => {
  const generator = xoroshiro128plus(hash32(path));
  const float = (): number => (generator.next() >>> 0) / 0x1_0000_0000;
  const int = (below: number): number => Math.floor(float() * below);
  return {
    fork: name => streamOf(`${path}/${name}`),
    float,
    int,
    chance: probability => float() < probability,
    exponential: mean => -Math.log(1 - float()) * mean,
    pick: items => {
      if (items.length === 0) throw new Error('invariant broken: nothing to pick from');
      return items[int(items.length)]!;
    },
    shuffle: items => {
      const copy = [...items];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = int(i + 1);
        [copy[i], copy[j]] = [copy[j]!, copy[i]!];
      }
      return copy;
    },
  };
};

/** Picks one of the items with probability proportional to its weight; the first where no weight is more than 0. One draw. */
export const pickWeighted = <T>(rng: Rng, items: readonly (readonly [item: T, weight: number])[]): T => {
  let left = rng.float() * items.reduce((total, [, weight]) => total + weight, 0);
  const found = items.find(([, weight]) => {
    left -= weight;
    return left < 0;
  });
  return (found ?? items[0]!)[0];
};

/** FNV-1a with a final avalanche, so that seeds 1 and 2 start far apart. */
const hash32 = (text: string): number => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
};
