/** Cuts the stream into packets of `average_size` ± `size_variation` bytes, `delay` microseconds apart. Every byte arrives. */

import type { Random } from '../random.ts';
import { type Held, HoldingStage } from './holding-stage.ts';
import { attribute } from './stage.ts';

const LIMIT_BYTES = 64 * 1024;

export class SlicerStage extends HoldingStage {
  protected override readonly limit = LIMIT_BYTES;
  /** When the next packet may leave. */
  #freeAt = 0;

  override push(chunk: Buffer): void {
    const sizes = sliceSizes(
      chunk.length,
      attribute(this.attributes, 'average_size'),
      attribute(this.attributes, 'size_variation'),
      this.line.random,
    );
    let at = 0;
    for (const size of sizes) {
      super.push(chunk.subarray(at, at + size));
      at += size;
    }
  }

  protected override dueAt(): number {
    return this.#freeAt;
  }

  protected override gone(head: Held): void {
    // From when it was due, not from when the timer came: so the average holds even for delays below a millisecond.
    this.#freeAt = Math.max(this.#freeAt, head.at) + Math.max(0, this.#delayMs);
  }

  get #delayMs(): number {
    return attribute(this.attributes, 'delay') / 1000;
  }
}

/**
 * Sizes that add up to `total`, each within `variation` of `average` but for the last of a chunk. Pure in `random`.
 * Sizes are at least 1, also where average and variation make no sense (the real server recurses without end at 0).
 */
export function sliceSizes(total: number, average: number, variation: number, random: Random): number[] {
  const sizes: number[] = [];
  const spread = Math.max(0, variation);
  for (let left = total; left > 0; ) {
    const wanted = Math.round(average + (2 * random() - 1) * spread);
    const size = Math.min(left, Math.max(1, wanted));
    sizes.push(size);
    left -= size;
  }
  return sizes;
}
