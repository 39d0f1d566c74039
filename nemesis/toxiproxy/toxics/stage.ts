/**
 * A stage is what one toxic does on one direction of one connection. The link hands bytes to the first stage, each stage hands
 * them to the next, the last one writes to the socket. A connection without toxics has no stage at all.
 *
 * Stages never copy and never lose bytes unless that is their fault to inject. They bound what they hold: while one is full, the
 * link stops reading and TCP's own back-pressure reaches the sender.
 */
import type { Random } from '../random.ts';

/**
 * How a direction ends. `fin`: the sender is done, the other direction lives on (half-close). `close`: the connection is over.
 * `reset`: the connection is over, abruptly (RST).
 */
export type End = 'fin' | 'close' | 'reset';

export interface Receiver {
  push(chunk: Buffer): void;
  end(how: End): void;
}

export type Attributes = Readonly<Record<string, number>>;

/** What a stage may ask of the link it stands in. */
export interface Line {
  /** A stage holds less than before: perhaps the link can read on. */
  readonly regulate: () => void;
  /** Both ends of the connection are reset at once. */
  readonly reset: () => void;
  readonly random: Random;
}

export abstract class Stage implements Receiver {
  /** Set by the link, again whenever a neighbour comes or goes. */
  next!: Receiver;
  attributes: Attributes;
  protected readonly line: Line;

  constructor(attributes: Attributes, line: Line) {
    this.attributes = attributes;
    this.line = line;
  }

  abstract push(chunk: Buffer): void;

  end(how: End): void {
    this.next.end(how);
  }

  /** True while the link must not read. */
  get full(): boolean {
    return false;
  }

  /** The attributes have changed: act on what is held at once. */
  update(): void {}

  /** The toxic is being removed: pass on all that is held, in order. Nothing is pushed afterwards. */
  release(): void {}

  /** The connection is gone: stop the timers, let go of the bytes. */
  destroy(): void {}
}

/** An attribute as a number; the API has filled in every one with 0. */
export const attribute = (attributes: Attributes, name: string): number => attributes[name] ?? 0;
