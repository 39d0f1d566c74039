/** Ends sockets with a true RST. */
import type { Socket } from 'node:net';

/**
 * RST at once; unsent bytes are dropped.
 *
 * While a shutdown is under way libuv refuses to reset, and Node (20 to 24) then leaks the socket and never exits: so that is
 * waited for. It takes one turn of the event loop, because the bytes before it are already with the kernel.
 */
export function resetSocket(socket: Socket): void {
  const shuttingDown = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (shuttingDown) socket.once('finish', () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}
