/** Bytes pass untouched; the end of the stream is passed on `delay` milliseconds late. */
import { type Held, HoldingStage } from './holding-stage.ts';
import { attribute } from './stage.ts';

export class SlowCloseStage extends HoldingStage {
  protected override readonly limit = Number.POSITIVE_INFINITY;

  override push(chunk: Buffer): void {
    this.next.push(chunk);
  }

  protected override dueAt({ at }: Held): number {
    return at + attribute(this.attributes, 'delay');
  }
}
