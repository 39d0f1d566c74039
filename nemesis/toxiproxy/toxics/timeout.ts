/**
 * Drops every byte, and closes the connection once nothing has come for `timeout` milliseconds; 0 never closes. Removing the
 * toxic closes the connections it held, as the real server does: bytes are missing, so going on would be a lie.
 */
import { type Attributes, attribute, type End, type Line, Stage } from './stage.ts';

const MAX_TIMER_MS = 2 ** 31 - 1;

export class TimeoutStage extends Stage {
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(attributes: Attributes, line: Line) {
    super(attributes, line);
    this.#restart();
  }

  override push(_chunk: Buffer): void {
    this.#restart();
  }

  override end(how: End): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.next.end(how);
  }

  override update(): void {
    this.#restart();
  }

  override release(): void {
    this.end('close');
  }

  override destroy(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #restart(): void {
    clearTimeout(this.#timer);
    const timeoutMs = attribute(this.attributes, 'timeout');
    if (this.#over || timeoutMs <= 0) return;
    this.#timer = setTimeout(() => this.end('close'), Math.min(timeoutMs, MAX_TIMER_MS));
  }
}
