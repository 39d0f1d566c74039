/** The two doors of a node: one for peers (read only, but for pongs), one for clients. */
import { createServer, type Server, type Socket } from 'node:net';
import { MAX_LINE_CHARS, readLines, writeLine } from './lines.ts';

const CLIENT_LINE_CHARS = 1024 * 1024;
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;

export interface Listener {
  readonly port: number;
  close(): void;
}

export interface ListenAt {
  readonly host: string;
  readonly port: number;
}

export function listenForPeers(at: ListenAt, onMessage: (message: unknown) => void): Promise<Listener> {
  return listen(at, socket =>
    readLines(socket, {
      limit: MAX_LINE_CHARS,
      onBad: () => socket.destroy(),
      onValue(value) {
        const { type } = (value ?? {}) as { type?: unknown };
        if (type === 'ping') writeLine(socket, { type: 'pong' }, MAX_QUEUED_BYTES);
        else if (type !== 'hello') onMessage(value);
      },
    }),
  );
}

/** Greets each connection with `{"hello": id}`. A client that does not read its answers loses its connection instead of our memory. */
export function listenForClients(
  { id, ...at }: ListenAt & { id: string },
  onRequest: (request: unknown, answer: (value: unknown) => void) => void,
): Promise<Listener> {
  return listen(at, socket => {
    const answer = (value: unknown) => {
      if (!writeLine(socket, value, MAX_QUEUED_BYTES)) socket.destroy();
    };
    const onBad = (why: string) => {
      answer({ id: null, ok: false, error: { code: 'bad-request', definite: true, message: why } });
      socket.destroySoon();
    };
    answer({ hello: id });
    readLines(socket, { limit: CLIENT_LINE_CHARS, onBad, onValue: value => onRequest(value, answer) });
  });
}

async function listen({ host, port }: ListenAt, onSocket: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
