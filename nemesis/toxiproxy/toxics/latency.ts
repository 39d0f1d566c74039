/**
 * Every byte, and the end of the stream, arrives `latency` ± `jitter` milliseconds later, in order. A latency longer than anybody
 * waits is silence: bytes are held, and flow at once when the toxic is removed or its latency is lowered.
 */
import { type Held, HoldingStage } from './holding-stage.ts';
import { attribute } from './stage.ts';

/** As much as the real server holds in its 1,024 chunks of 32 KiB. */
const LIMIT_BYTES = 32 * 1024 * 1024;

export class LatencyStage extends HoldingStage {
  protected override readonly limit = LIMIT_BYTES;

  protected override dueAt({ at, roll }: Held): number {
    const jitter = Math.max(0, attribute(this.attributes, 'jitter'));
    return at + attribute(this.attributes, 'latency') + (2 * roll - 1) * jitter;
  }
}
