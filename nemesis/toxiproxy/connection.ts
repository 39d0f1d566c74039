/** A client's connection and the one to the upstream, joined by two links. */
import type { Socket } from 'node:net';
import type { Source } from './intake.ts';
import { type Direction, Link } from './link.ts';
import type { ByteCounter } from './metrics.ts';
import type { Random } from './random.ts';
import { resetSocket } from './reset.ts';
import type { Toxic } from './toxic.ts';

export interface ConnectionOptions {
  readonly client: Source;
  readonly upstream: Source;
  readonly toxics: Readonly<Record<Direction, readonly Toxic[]>>;
  readonly counters: Readonly<Record<Direction, ByteCounter>>;
  readonly random: Random;
  readonly onArrival: () => void;
  /** Both sockets are closed. */
  readonly onClosed: () => void;
}

export class Connection {
  readonly links: Readonly<Record<Direction, Link>>;
  readonly #sockets: readonly Socket[];

  constructor({ client, upstream, toxics, counters, random, onArrival, onClosed }: ConnectionOptions) {
    this.#sockets = [client.socket, upstream.socket];
    const shared = { random, onArrival, reset: () => this.#reset() };
    const there = { source: client, destination: upstream.socket, counter: counters.upstream };
    const back = { source: upstream, destination: client.socket, counter: counters.downstream };
    this.links = {
      upstream: new Link({ ...there, ...shared, direction: 'upstream' }),
      downstream: new Link({ ...back, ...shared, direction: 'downstream' }),
    };
    let open = 2;
    for (const socket of this.#sockets) {
      socket.on('close', () => {
        open--;
        if (open === 0) onClosed();
      });
    }
    this.links.upstream.start(toxics.upstream);
    this.links.downstream.start(toxics.downstream);
  }

  destroy(): void {
    this.#dropLinks();
    for (const socket of this.#sockets) socket.destroy();
  }

  #reset(): void {
    this.#dropLinks();
    for (const socket of this.#sockets) resetSocket(socket);
  }

  #dropLinks(): void {
    this.links.upstream.destroy();
    this.links.downstream.destroy();
  }
}
