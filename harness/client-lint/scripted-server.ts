/**
 * A server whose misbehaviour is scripted: clients connect to it, it passes everything to a real server if there is one, and from a given
 * request on it is silent, closes, answers late or answers nonsense. It counts what each client sent, which no proxy elsewhere would.
 */
import { connect, createServer, type Socket } from 'node:net';
import type { Endpoint } from '../protocol/system.ts';

/** What happens from the trigger on. `late` holds the answer until this many milliseconds after it came. */
export type Misbehaviour =
  | { readonly does: 'nothing' | 'silent' | 'close' | 'half' | 'garbage' }
  | { readonly does: 'late'; readonly ms: number };

export interface ScriptedServer {
  readonly at: Endpoint;
  /** From now on requests are counted anew; the `turn`th one triggers. Connections opened after that are served as if nothing had happened. */
  arm(misbehaviour: Misbehaviour, turn?: number): void;
  /** Requests since the last arming, in order: what one connection sent until it was answered, fell silent or lost its connection. */
  requests(): readonly Buffer[];
  triggered(): boolean;
  close(): Promise<void>;
}

/** What comes this long after what came before is a request of its own, answered or not. */
const pauseMs = 60;

export const startScriptedServer = async (upstream: Endpoint | undefined): Promise<ScriptedServer> => {
  let script: Misbehaviour = { does: 'nothing' };
  let trigger = 1;
  let triggered = false;
  let requests: Buffer[] = [];
  const sockets = new Set<Socket>();
  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };

  const server = createServer(client => {
    track(client);
    const real = upstream && track(connect(upstream.port, upstream.host));
    let lastUpMs = Number.NEGATIVE_INFINITY;
    let answered = true;
    let generation = requests;
    let mine = false; // whether this is the connection that the script acts on
    const cut = (): void => {
      client.destroy();
      real?.destroy();
    };
    client.on('data', (chunk: Buffer) => {
      const nowMs = performance.now();
      const begins = answered || generation !== requests || nowMs - lastUpMs > pauseMs;
      lastUpMs = nowMs;
      answered = false;
      if (generation !== requests) mine = false;
      generation = requests;
      if (begins) requests.push(chunk);
      else requests[requests.length - 1] = Buffer.concat([requests.at(-1)!, chunk]);
      if (!triggered && script.does !== 'nothing' && requests.length >= trigger) {
        triggered = true;
        mine = true;
        if (real === undefined && script.does === 'close') setTimeout(cut, 20);
      }
      if (mine && script.does === 'garbage') client.write('\u0000 that was no answer \u0001\r\n');
      if (!(mine && script.does === 'garbage')) real?.write(chunk);
    });
    real?.on('data', (chunk: Buffer) => {
      if (!mine || generation !== requests) {
        answered = true;
        client.write(chunk);
      } else if (script.does === 'close') cut();
      else if (script.does === 'half') {
        client.write(chunk.subarray(0, Math.floor(chunk.length / 2)), cut);
      } else if (script.does === 'late') setTimeout(() => client.writable && client.write(chunk), script.ms);
    });
    client.on('close', () => real?.destroy());
    real?.on('close', () => client.end());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    at: { host: '127.0.0.1', port: (server.address() as { port: number }).port },
    arm: (misbehaviour, turn = 1) => {
      script = misbehaviour;
      trigger = turn;
      triggered = false;
      requests = [];
    },
    requests: () => requests,
    triggered: () => triggered,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
};
