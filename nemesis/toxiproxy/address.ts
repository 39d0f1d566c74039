/**
 * Addresses as Go reads and prints them: `host:port`, `[v6]:port`, `:port` for every interface, `localhost:http`.
 * The messages are those of Go's net package, since the API passes them on.
 */

import { getServers, lookup } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { isIP, isIPv6 } from 'node:net';

export interface HostPort {
  readonly host: string;
  readonly port: string;
}

export interface TcpAddress {
  /** An IP address, or empty for every interface. */
  readonly ip: string;
  readonly port: number;
}

/** Splits `host:port`. Throws with Go's words ("address foo: missing port in address"). */
export function splitHostPort(address: string): HostPort {
  const fail = (why: string) => new Error(`address ${address}: ${why}`);
  const colon = address.lastIndexOf(':');
  if (colon < 0) throw fail('missing port in address');
  let host = address.slice(0, colon);
  if (address.startsWith('[')) {
    const end = address.indexOf(']');
    if (end < 0) throw fail("missing ']' in address");
    if (end + 1 === address.length) throw fail('missing port in address');
    if (end + 1 !== colon) throw fail(address[end + 1] === ':' ? 'too many colons in address' : 'missing port in address');
    host = address.slice(1, end);
  } else if (host.includes(':')) {
    throw fail('too many colons in address');
  }
  const port = address.slice(colon + 1);
  if (host.includes('[') || port.includes('[')) throw fail("unexpected '[' in address");
  if (host.includes(']') || port.includes(']')) throw fail("unexpected ']' in address");
  return { host, port };
}

/** The address in numbers, an IPv4 one where a name has several. Empty means any port on every interface. */
export async function resolveTcpAddress(address: string): Promise<TcpAddress> {
  if (address === '') return { ip: '', port: 0 };
  const { host, port } = splitHostPort(address);
  const number = await resolvePort(port);
  if (host === '') return { ip: '', port: number };
  return { ip: isIP(host) ? canonicalIp(host) : await resolveHost(host), port: number };
}

/** `127.0.0.1:80`, `[::1]:80`, `:80`. */
export const formatTcpAddress = ({ ip, port }: TcpAddress): string => `${isIPv6(ip) ? `[${ip}]` : ip}:${port}`;

async function resolvePort(port: string): Promise<number> {
  if (port === '') return 0;
  if (/^[+-]?\d+$/.test(port)) {
    const number = Number(port);
    if (number < 0 || number > 65_535) throw new Error(`address ${port}: invalid port`);
    return number;
  }
  const services = await readFile('/etc/services', 'utf8').catch(() => '');
  const found = services.match(new RegExp(`^${port.replace(/[^\w-]/g, '\\$&')}\\s+(\\d+)/tcp`, 'm'));
  if (found === null) throw new Error(`lookup tcp/${port}: unknown port`);
  return Number(found[1]);
}

const canonicalIp = (ip: string): string => (isIPv6(ip) && !ip.includes('%') ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip);

function resolveHost(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, found) => {
      const best = found?.find(each => each.family === 4) ?? found?.[0];
      if (best !== undefined) resolve(best.address);
      else reject(new Error(`lookup ${host}${askedServer(host)}: ${noAnswer(error)}`));
    });
  });
}

const noAnswer = (error: NodeJS.ErrnoException | null) =>
  error === null || error.code === 'ENOTFOUND' || error.code === 'ENODATA' ? 'no such host' : error.message;

/** Go names the server it asked, but only for what can be a domain name. */
function askedServer(host: string): string {
  const server = getServers()[0];
  if (server === undefined || !/^[\w.-]+$/.test(host) || !/[a-z_-]/i.test(host)) return '';
  return ` on ${/:\d+$/.test(server) && !isIPv6(server) ? server : `${isIPv6(server) ? `[${server}]` : server}:53`}`;
}
