/**
 * One direction of one connection: reads a socket, sends the bytes through the stages of the toxics, writes the other socket.
 *
 *   source ──data──> stage ──> stage ──> deliver ──write──> destination
 *      ^                 regulate: read on, or wait              |
 *      └──────────────── pause / resume <──────────────── drain ─┘
 *
 * Without toxics a chunk costs one call and one write. With toxics the stages hang between; they come, change and go at any
 * time without touching the sockets. Back-pressure: while the destination or a stage is full, the source is not read.
 */
import type { Socket } from 'node:net';
import type { Source } from './intake.ts';
import type { ByteCounter } from './metrics.ts';
import type { Random } from './random.ts';
import { resetSocket } from './reset.ts';
import type { Toxic } from './toxic.ts';
import type { End, Receiver, Stage } from './toxics/stage.ts';

export type Direction = 'upstream' | 'downstream';

export interface LinkOptions {
  readonly source: Source;
  readonly destination: Socket;
  readonly direction: Direction;
  readonly counter: ByteCounter;
  readonly random: Random;
  /** Called for all that arrives. */
  readonly onArrival: () => void;
  /** Resets both ends of the connection. */
  readonly reset: () => void;
}

const COPY_BELOW_BYTES = 32 * 1024;
const QUIET_MS = 100;

/** A toxic as this link feels it: `roll` decides once whether its toxicity includes this link. */
interface Slot {
  readonly toxic: Toxic;
  readonly roll: number;
  stage: Stage | undefined;
}

export class Link {
  readonly direction: Direction;
  readonly #input: Source;
  readonly #source: Socket;
  readonly #destination: Socket;
  readonly #counter: ByteCounter;
  readonly #onArrival: () => void;
  readonly #line: { regulate: () => void; reset: () => void; random: Random };
  readonly #sink: Receiver;
  #head: Receiver;
  #slots: Slot[] = [];
  #stages: Stage[] = [];
  #paused = false;
  /** The source has said its last. */
  #ended = false;
  /** The destination takes nothing any more: what still comes is dropped. */
  #deaf = false;
  #sourceLost = false;
  #deliveredAt = Number.NEGATIVE_INFINITY;

  constructor({ source, destination, direction, counter, random, onArrival, reset }: LinkOptions) {
    this.direction = direction;
    this.#input = source;
    this.#source = source.socket;
    this.#destination = destination;
    this.#counter = counter;
    this.#onArrival = onArrival;
    this.#line = { regulate: () => this.#regulate(), reset, random };
    this.#sink = { push: chunk => this.#deliver(chunk), end: how => this.#conclude(how) };
    this.#head = this.#sink;
  }

  /** Lets the bytes flow. The source must be paused until now. */
  start(toxics: readonly Toxic[]): void {
    for (const toxic of toxics) this.#slots.push(this.#slot(toxic));
    this.#relink();
    this.#source.on('end', () => this.#end('fin'));
    this.#source.on('close', (failed: boolean) => this.#sourceClosed(failed));
    this.#destination.on('drain', () => this.#regulate());
    this.#destination.on('close', () => this.#destinationClosed());
    this.#input.read(chunk => this.#receive(chunk));
  }

  addToxic(toxic: Toxic): void {
    this.#slots.push(this.#slot(toxic));
    this.#relink();
  }

  /** The toxic's attributes or toxicity have changed: it is felt at once. */
  updateToxic(toxic: Toxic): void {
    const slot = this.#slots.find(each => each.toxic === toxic);
    if (slot === undefined) return;
    const included = slot.roll < toxic.toxicity;
    if (included && slot.stage !== undefined) {
      slot.stage.attributes = toxic.attributes;
      slot.stage.update();
    } else if (included) {
      slot.stage = this.#open(toxic);
    } else {
      this.#dismiss(slot);
    }
    this.#relink();
  }

  removeToxic(toxic: Toxic): void {
    const slot = this.#slots.find(each => each.toxic === toxic);
    if (slot === undefined) return;
    this.#dismiss(slot);
    this.#slots = this.#slots.filter(each => each !== slot);
    this.#relink();
  }

  /** Drops all that is held and stops every timer. The sockets are the connection's affair. */
  destroy(): void {
    this.#deaf = true;
    for (const stage of this.#stages) stage.destroy();
  }

  /** True where the chunk's memory is still needed afterwards. */
  #receive(chunk: Buffer): boolean {
    this.#counter.received += chunk.length;
    this.#onArrival();
    if (this.#deaf) return false;
    if (this.#stages.length === 0) {
      this.#deliver(chunk);
      return this.#destination.writableLength > 0;
    }
    // Stages may hold it for long: a small one is copied rather than to hold a whole read buffer for it.
    const copied = chunk.length < COPY_BELOW_BYTES;
    this.#head.push(copied ? Buffer.from(chunk) : chunk);
    this.#regulate();
    return !copied;
  }

  #deliver(chunk: Buffer): void {
    if (this.#deaf) return;
    this.#counter.sent += chunk.length;
    this.#deliveredAt = performance.now();
    if (!this.#destination.write(chunk)) this.#regulate();
  }

  #regulate(): void {
    const wait = !this.#deaf && (this.#destination.writableNeedDrain || this.#stages.some(stage => stage.full));
    if (wait === this.#paused) return;
    this.#paused = wait;
    if (wait) this.#source.pause();
    else this.#source.resume();
  }

  #end(how: End): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#head.end(how);
  }

  /** The end has come through all stages. */
  #conclude(how: End): void {
    if (this.#deaf) return;
    if (how === 'fin' && !this.#sourceLost) {
      this.#destination.end();
      return;
    }
    this.#deaf = true;
    if (how === 'reset') this.#abort();
    else this.#destination.destroySoon();
    this.#regulate();
  }

  /** A reset passes as a reset, unless bytes may still be on their way: a RST would drop them, and can itself get lost behind them. */
  #abort(): void {
    const quiet = this.#destination.writableLength === 0 && performance.now() - this.#deliveredAt > QUIET_MS;
    if (quiet) resetSocket(this.#destination);
    else this.#destination.destroySoon();
  }

  #sourceClosed(failed: boolean): void {
    this.#sourceLost ||= failed;
    if (!this.#ended) this.#end(failed ? 'reset' : 'close');
    else if (failed && this.#destination.writableEnded) this.#abort();
  }

  #destinationClosed(): void {
    this.destroy();
    this.#regulate();
  }

  #slot(toxic: Toxic): Slot {
    const roll = this.#line.random();
    return { toxic, roll, stage: roll < toxic.toxicity ? this.#open(toxic) : undefined };
  }

  #open(toxic: Toxic): Stage {
    return new toxic.type.stage(toxic.attributes, this.#line);
  }

  #dismiss(slot: Slot): void {
    slot.stage?.release();
    slot.stage?.destroy();
    slot.stage = undefined;
  }

  #relink(): void {
    this.#stages = this.#slots.flatMap(({ stage }) => stage ?? []);
    this.#stages.forEach((stage, i) => {
      stage.next = this.#stages[i + 1] ?? this.#sink;
    });
    this.#head = this.#stages[0] ?? this.#sink;
    this.#regulate();
  }
}
