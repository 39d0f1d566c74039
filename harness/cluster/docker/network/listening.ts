/** The TCP ports that a namespace listens on, from what the kernel says in /proc/net/tcp and tcp6. Pure. */

const listen = '0A';

/** Ports that others can reach: not those bound to the loopback. Sorted, each once. */
export const listeningPorts = (proc: string): number[] => {
  const ports = new Set<number>();
  for (const [, address, port, state] of proc.matchAll(/^\s*\d+:\s+([0-9A-F]+):([0-9A-F]{4})\s+[0-9A-F]+:[0-9A-F]{4}\s+([0-9A-F]{2})\s/gm))
    if (state === listen && !isLoopback(address!)) ports.add(Number.parseInt(port!, 16));
  return [...ports].sort((a, b) => a - b);
};

/** Words in the byte order of the machine: 127.x.y.z ends in 7F, where it is little-endian; ::1 and ::ffff:127.x.y.z likewise. */
const isLoopback = (address: string): boolean =>
  address.length === 8 ? address.endsWith('7F') : address === `${'0'.repeat(24)}01000000` || /^0{16}FFFF0000.{6}7F$/.test(address);
