/**
 * The links to the peers. All that a node says to a peer travels on the one connection that it opened to it, questions and answers alike; an
 * accepted connection is only read. (So cutting n1->n2 means silencing what n1 sends on its own connection.) The one exception is the
 * `pong` that answers a `ping` on the same connection: it tells a dead connection from an idle one.
 *
 * Raft resends whatever matters, so a message that cannot be sent now is dropped.
 */
import { createConnection, type Socket } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import type { NodeId } from '../core/types.ts';
import { readLines, writeLine } from './lines.ts';

const BACKOFF_MIN_MS = 50;
const BACKOFF_MAX_MS = 200;
const PING_EVERY_MS = 500;
/** A connection that answers no ping for so long is closed and dialled anew. */
const SILENCE_MS = 1500;
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Link {
  /** False if the value was dropped. */
  send(value: unknown): boolean;
  close(): void;
}

export interface LinkOptions {
  readonly from: NodeId;
  readonly address: Address;
  readonly clock: Clock;
}

/** Dials and keeps dialling. */
export function openLink({ from, address, clock }: LinkOptions): Link {
  let socket: Socket | null = null;
  let connected = false;
  let backoffMs = BACKOFF_MIN_MS;
  let timer: Timer | null = null;
  let closed = false;

  const dial = () => {
    const dialled = createConnection({ ...address, noDelay: true });
    socket = dialled;
    let heardAt = clock.now();
    let beat: Timer | null = null;
    const ping = () => {
      if (clock.now() - heardAt > SILENCE_MS) {
        dialled.destroy();
        return;
      }
      if (connected) writeLine(dialled, { type: 'ping' }, MAX_QUEUED_BYTES);
      beat = clock.after(PING_EVERY_MS, ping);
    };
    dialled.on('connect', () => {
      connected = true;
      writeLine(dialled, { type: 'hello', from }, MAX_QUEUED_BYTES);
    });
    readLines(dialled, {
      limit: 1024,
      onBad: () => dialled.destroy(),
      onValue: () => {
        heardAt = clock.now();
        backoffMs = BACKOFF_MIN_MS;
      },
    });
    dialled.on('error', () => {}); // 'close' follows and redials
    dialled.on('end', () => dialled.destroy());
    dialled.on('close', () => {
      connected = false;
      beat?.cancel();
      redial();
    });
    beat = clock.after(PING_EVERY_MS, ping);
  };

  const redial = () => {
    if (closed) return;
    timer = clock.after(backoffMs, dial);
    backoffMs = Math.min(BACKOFF_MAX_MS, backoffMs * 2);
  };

  dial();
  return {
    send: value => socket !== null && connected && writeLine(socket, value, MAX_QUEUED_BYTES),
    close() {
      closed = true;
      timer?.cancel();
      socket?.destroy();
    },
  };
}
