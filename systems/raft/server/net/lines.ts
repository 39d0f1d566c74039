/** Newline-delimited JSON on a socket. */
import type { Socket } from 'node:net';

/** A longer line is a mistake or an attack: the connection is closed. Snapshots are the longest lines. */
export const MAX_LINE_CHARS = 64 * 1024 * 1024;

/**
 * Calls `onValue` for every line of JSON; a line that is none ends the connection by `onBad`.
 * `limit` bounds what is held of an unfinished line, in characters.
 */
export function readLines(
  socket: Socket,
  { limit, onValue, onBad }: { limit: number; onValue(value: unknown): void; onBad(why: string): void },
): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    if (rest.length > limit) {
      onBad(`a line is longer than ${limit} characters`);
      return;
    }
    for (const line of lines) {
      if (line.trim() === '') continue;
      const value = parse(line);
      if (value === undefined) {
        onBad('a line is not JSON');
        return;
      }
      onValue(value);
    }
  });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Writes a value as one line; false if the socket is gone or more than `maxQueuedBytes` wait in it (the value is then dropped). */
export function writeLine(socket: Socket, value: unknown, maxQueuedBytes: number): boolean {
  if (socket.destroyed || !socket.writable || socket.writableLength > maxQueuedBytes) return false;
  if (socket.writableCorked === 0) {
    socket.cork();
    process.nextTick(() => socket.uncork());
  }
  socket.write(`${JSON.stringify(value)}\n`);
  return true;
}
