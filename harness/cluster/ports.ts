/** Free loopback ports for nodes to listen on. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { UserError } from '../std/user-error.ts';

const lowest = 10_000;
const taken = new Set<number>();

/**
 * Ports that nobody listens on right now, none handed out twice by this process. They lie below the ephemeral range: a port in it could be
 * lost to any outgoing connection, and a connection to a dead node's port could even meet itself.
 */
export const reservePorts = async (count: number): Promise<number[]> => {
  const below = ephemeralStart();
  const start = randomInt(lowest, below);
  const held: { port: number; server: Server }[] = [];
  for (let tried = 0; tried < below - lowest && held.length < count; tried++) {
    const port = lowest + ((start - lowest + tried) % (below - lowest));
    if (taken.has(port)) continue;
    const server = await listen(port);
    if (server === undefined) continue;
    taken.add(port);
    held.push({ port, server });
  }
  await Promise.all(held.map(({ server }) => new Promise(resolve => server.close(resolve))));
  if (held.length < count)
    throw new UserError('environment', 'no-free-port', `only ${held.length} of ${count} ports are free between ${lowest} and ${below}`);
  return held.map(({ port }) => port);
};

export const releasePorts = (ports: Iterable<number>): void => {
  for (const port of ports) taken.delete(port);
};

/** Whether a server could listen there now. */
export const isFree = async (port: number): Promise<boolean> => {
  const server = await listen(port);
  if (server === undefined) return false;
  await new Promise(resolve => server.close(resolve));
  return true;
};

const listen = (port: number): Promise<Server | undefined> =>
  new Promise(resolve => {
    const server = createServer().once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

/** Where the kernel begins to pick ports for outgoing connections; 32768 unless it says otherwise. */
const ephemeralStart = (): number => {
  try {
    const first = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
    return first > lowest + 1000 ? first : 32_768;
  } catch {
    return 32_768;
  }
};
