/**
 * The first byte, or the end of the stream, dooms the connection: `timeout` milliseconds later both ends get a RST. Nothing passes
 * meanwhile. Removing the toxic in time lets what it held go on (the real server drops it, and its API hangs until then).
 */
import { type Held, HoldingStage } from './holding-stage.ts';
import { attribute } from './stage.ts';

const LIMIT_BYTES = 64 * 1024;

export class ResetPeerStage extends HoldingStage {
  protected override readonly limit = LIMIT_BYTES;

  protected override dueAt({ at }: Held): number {
    return at + Math.max(0, attribute(this.attributes, 'timeout'));
  }

  protected override gone(): void {
    this.line.reset();
  }
}
