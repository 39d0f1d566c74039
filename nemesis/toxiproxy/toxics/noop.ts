/** Does nothing; the API offers it, so it can be had. */
import { Stage } from './stage.ts';

export class NoopStage extends Stage {
  override push(chunk: Buffer): void {
    this.next.push(chunk);
  }
}
