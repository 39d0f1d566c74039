/** Where toxicity and jitter draw from: mulberry32, seeded by --seed, so that the same order of events draws the same numbers. */
export type Random = () => number;

/** A source of numbers in [0, 1). Only the lower 53 bits of the seed count. */
export function seededRandom(seed: number): Random {
  let state = (seed ^ Math.floor(seed / 0x1_0000_0000)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
