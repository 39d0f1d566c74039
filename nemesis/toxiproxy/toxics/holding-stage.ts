/**
 * A stage that holds bytes for a while: a queue, the moment its head is due, and one timer. Latency, bandwidth, slicer and
 * slow_close differ only in that moment. The end of the stream queues behind the bytes, so order is kept without a special case.
 */
import { Fifo } from './fifo.ts';
import { type End, Stage } from './stage.ts';

export interface Held {
  /** The bytes that have not left yet, or how the stream ended. */
  item: Buffer | End;
  /** When it came, in milliseconds of the monotonic clock. */
  readonly at: number;
  /** A number in [0, 1) that belongs to this item, for jitter that stays the same when the toxic is changed. */
  readonly roll: number;
}

const MAX_TIMER_MS = 2 ** 31 - 1;
/** A held chunk costs its bytes and some 300 bytes of bookkeeping: very many very small ones are bounded, too. */
const MAX_CHUNKS = 16_384;

export abstract class HoldingStage extends Stage {
  readonly #queue = new Fifo<Held>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #dead = false;

  /** Bytes that may be held before the link stops reading. */
  protected abstract readonly limit: number;

  /** When the next `bytes` of the head (0: the end) may go, in milliseconds of the monotonic clock; Infinity: not before the toxic changes. */
  protected abstract dueAt(head: Held, bytes: number): number;

  /** How many bytes of a chunk go together; asked again until they have gone. */
  protected portion(chunk: Buffer): number {
    return chunk.length;
  }

  /** So many bytes of the head are about to be passed on. */
  protected gone(_head: Held, _bytes: number): void {}

  override get full(): boolean {
    return this.#bytes >= this.limit || this.#queue.length >= MAX_CHUNKS;
  }

  override push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#enqueue(chunk);
  }

  override end(how: End): void {
    this.#enqueue(how);
  }

  override update(): void {
    this.#pump();
  }

  override release(): void {
    this.#disarm();
    for (let head = this.#queue.shift(); head !== undefined; head = this.#queue.shift()) this.#forward(head.item);
  }

  override destroy(): void {
    this.#dead = true;
    this.#disarm();
    this.#queue.clear();
    this.#bytes = 0;
  }

  #enqueue(item: Buffer | End): void {
    if (this.#dead) return;
    this.#queue.push({ item, at: performance.now(), roll: this.line.random() });
    if (this.#queue.length === 1) this.#pump();
  }

  /** Lets everything go that is due, then sleeps until the next is. */
  #pump(): void {
    this.#disarm();
    for (let head = this.#queue.peek(); head !== undefined && !this.#dead; head = this.#queue.peek()) {
      const bytes = typeof head.item === 'string' ? 0 : Math.min(head.item.length, this.portion(head.item));
      const waitMs = this.dueAt(head, bytes) - performance.now();
      if (waitMs > 0) {
        this.#arm(waitMs);
        break;
      }
      this.gone(head, bytes);
      if (!this.#dead) this.#depart(head, bytes);
    }
    this.line.regulate();
  }

  #depart(head: Held, bytes: number): void {
    if (typeof head.item === 'string' || bytes === head.item.length) {
      this.#queue.shift();
      this.#forward(head.item);
    } else {
      const part = head.item.subarray(0, bytes);
      head.item = head.item.subarray(bytes);
      this.#forward(part);
    }
  }

  #forward(item: Buffer | End): void {
    if (typeof item === 'string') {
      this.next.end(item);
    } else {
      this.#bytes -= item.length;
      this.next.push(item);
    }
  }

  #arm(waitMs: number): void {
    if (waitMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#pump(), Math.min(Math.ceil(waitMs), MAX_TIMER_MS));
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
