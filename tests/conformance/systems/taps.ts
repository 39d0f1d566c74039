/** A proxy of the test's own before every port that clients reach, which meddles with the request that carries a certain text. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Endpoint, NodeId, Reach, System } from '../../../harness/protocol/system.ts';

/**
 * `lose-request`: the connection breaks before the request is passed on. `lose-answer`: it is passed on, and the connection breaks when the
 * answer comes. `hold`: nothing is passed on any more, and nothing breaks. `refuse`: every connection is closed, old and new.
 */
export type Meddling = { readonly how: 'lose-request' | 'lose-answer' | 'hold'; readonly text: string } | { readonly how: 'refuse' };

export interface Taps {
  readonly reach: Reach;
  /** From now on; null passes everything. */
  meddle(meddling: Meddling | null): void;
  /** How often a request with the text came by since. */
  seen(): number;
  close(): void;
}

export const openTaps = async (system: System, nodes: readonly NodeId[], reach: Reach): Promise<Taps> => {
  let now: Meddling | null = null;
  let count = 0;
  const pairs = new Set<Socket>();
  const servers: Server[] = [];
  const places = new Map<string, Endpoint>();

  const serve = (to: Endpoint) => (client: Socket) => {
    if (now?.how === 'refuse') return void client.destroy();
    const upstream = connect(to.port, to.host);
    let state: 'passing' | 'held' | 'answer-lost' = 'passing';
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      pairs.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        pairs.delete(socket);
        end();
      });
    }
    client.on('data', (chunk: Buffer) => {
      if (now !== null && now.how !== 'refuse' && carries(chunk, now.text)) {
        count++;
        if (now.how === 'lose-request') return end();
        state = now.how === 'hold' ? 'held' : 'answer-lost';
      }
      if (state !== 'held') upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (state === 'passing') client.write(chunk);
      else if (state === 'answer-lost') end();
    });
  };

  for (const node of nodes)
    for (const [port, { reachedBy }] of Object.entries(system.ports)) {
      if (!reachedBy.includes('clients')) continue;
      const server = createServer({ noDelay: true }, serve(reach(node, port)));
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      servers.push(server);
      const address = server.address();
      if (typeof address === 'object' && address) places.set(`${node} ${port}`, { host: '127.0.0.1', port: address.port });
    }

  return {
    reach: (node, port = system.clientPort) => {
      const at = places.get(`${node} ${port}`);
      if (at === undefined) throw new Error(`clients do not reach ${port} of ${node}`);
      return at;
    },
    meddle: meddling => {
      now = meddling;
      count = 0;
      if (meddling?.how === 'refuse') for (const socket of pairs) socket.destroy();
    },
    seen: () => count,
    close: () => {
      for (const socket of pairs) socket.destroy();
      for (const server of servers) server.close();
    },
  };
};

/** As it is, or in base64. */
const carries = (chunk: Buffer, text: string): boolean =>
  chunk.includes(text) || chunk.includes(Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -1));
