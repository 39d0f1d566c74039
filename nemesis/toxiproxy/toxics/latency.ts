/**
 * Every byte, and the end of the stream, arrives `latency` ± `jitter` milliseconds later, in order. A latency longer than anybody
 * waits is silence: bytes are held, and flow at once when the toxic is removed or its latency is lowered.
 */
import { type Held, HoldingStage } from './holding-stage.ts';
import { attribute } from './stage.ts';

/** Of one direction of one connection; the kernel's buffers come on top. The real server holds 1,024 chunks of up to 32 KiB. */
const LIMIT_BYTES = 16 * 1024 * 1024;

export class LatencyStage extends HoldingStage {
  protected override readonly limit = LIMIT_BYTES;

  protected override dueAt({ at, roll }: Held): number {
    const jitter = Math.max(0, attribute(this.attributes, 'jitter'));
    return at + attribute(this.attributes, 'latency') + (2 * roll - 1) * jitter;
  }
}
