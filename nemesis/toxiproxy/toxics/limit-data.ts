/** Lets exactly `bytes` through, counted from when the toxic met the connection, then closes the connection. */
import { attribute, type End, Stage } from './stage.ts';

export class LimitDataStage extends Stage {
  #passed = 0;
  #over = false;

  override push(chunk: Buffer): void {
    if (this.#over) return;
    const left = Math.max(0, attribute(this.attributes, 'bytes') - this.#passed);
    const part = chunk.length <= left ? chunk : chunk.subarray(0, left);
    this.#passed += part.length;
    if (part.length > 0) this.next.push(part);
    if (part.length === left) this.end('close');
  }

  override end(how: End): void {
    if (this.#over) return;
    this.#over = true;
    this.next.end(how);
  }
}
