/**
 * At most `rate` KB (1,000 bytes) a second. A chunk arrives when its last byte would have; a large one is cut so that bytes
 * trickle. A rate of 0 or less lets nothing through (the real server stalls at 0 and dies of a negative one).
 */
import { type Held, HoldingStage } from './holding-stage.ts';
import { attribute } from './stage.ts';

/** Small enough for the sender to feel the rate soon, large enough for timers of a millisecond to keep it up. */
const BUFFER_MS = 50;
const SLICE_MS = 10;
const MIN_LIMIT_BYTES = 64 * 1024;
const MAX_LIMIT_BYTES = 4 * 1024 * 1024;

export class BandwidthStage extends HoldingStage {
  /** Until when the line is taken by what has already gone. */
  #freeAt = 0;

  protected override get limit(): number {
    return Math.min(MAX_LIMIT_BYTES, Math.max(MIN_LIMIT_BYTES, this.#bytesPerMs * BUFFER_MS));
  }

  protected override portion(chunk: Buffer): number {
    return this.#bytesPerMs > 0 ? Math.max(1, this.#bytesPerMs * SLICE_MS) : chunk.length;
  }

  override update(): void {
    this.#freeAt = Math.max(this.#freeAt, performance.now());
    super.update();
  }

  protected override dueAt({ at }: Held, bytes: number): number {
    if (bytes === 0) return 0;
    if (this.#bytesPerMs <= 0) return Number.POSITIVE_INFINITY;
    return Math.max(this.#freeAt, at) + bytes / this.#bytesPerMs;
  }

  protected override gone(head: Held, bytes: number): void {
    if (bytes > 0) this.#freeAt = this.dueAt(head, bytes);
  }

  /** 1 KB a second is 1 byte a millisecond. */
  get #bytesPerMs(): number {
    return attribute(this.attributes, 'rate');
  }
}
