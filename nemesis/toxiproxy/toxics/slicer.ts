/** Cuts the stream into packets of `average_size` ± `size_variation` bytes, `delay` microseconds apart. Every byte arrives. */
import type { Random } from '../random.ts';
import { type Held, HoldingStage } from './holding-stage.ts';
import { attribute } from './stage.ts';

const LIMIT_BYTES = 64 * 1024;

export class SlicerStage extends HoldingStage {
  protected override readonly limit = LIMIT_BYTES;
  /** When the next packet may leave. */
  #freeAt = 0;
  /** Its size, once it is drawn. */
  #size: number | undefined;

  protected override portion(): number {
    this.#size ??= packetSize(attribute(this.attributes, 'average_size'), attribute(this.attributes, 'size_variation'), this.line.random);
    return this.#size;
  }

  protected override dueAt(): number {
    return this.#freeAt;
  }

  protected override gone(head: Held): void {
    // From when it was due, not from when the timer came: so the average holds even for delays below a millisecond.
    this.#freeAt = Math.max(this.#freeAt, head.at) + Math.max(0, attribute(this.attributes, 'delay')) / 1000;
    this.#size = undefined;
  }
}

/** At least 1, also where average and variation make no sense (the real server recurses without end at an average of 0). */
export function packetSize(average: number, variation: number, random: Random): number {
  return Math.max(1, Math.round(average + (2 * random() - 1) * Math.max(0, variation)));
}
