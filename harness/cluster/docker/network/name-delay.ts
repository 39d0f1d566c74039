/**
 * Slow name lookups without netem: the node's questions are led to a small forwarder beside it, which waits and then asks the node's own
 * name server. UDP only, which is what resolvers use until an answer is too long.
 */
import { isIPv4 } from 'node:net';
import type Docker from 'dockerode';
import { type Post, runDetached } from './post.ts';
import { restore, toxiproxyUid } from './rules.ts';

const portOf = (id: number): number => 17_000 + (id % 1000);

export const delayNames = async ({ container, run }: Post, id: number, ms: number): Promise<string> => {
  const seconds = (ms / 1000).toFixed(3);
  const server = (await run('awk \'$1 == "nameserver" { print $2; exit }\' /etc/resolv.conf')).trim();
  if (!isIPv4(server)) throw new Error(`the node asks no name server with an IPv4 address (${server || 'none'})`);
  // -t: how long either side may still answer when the other has said all; half a second if nobody says.
  const wait = Math.ceil(ms / 1000) + 10;
  const onward = `sleep ${seconds}; exec socat -t5 - UDP4\\:${server}\\:53`;
  const listen = `UDP4-RECVFROM:${portOf(id)},bind=127.0.0.1,fork`;
  const forwarder = `echo $$ >${pidFile(id)}; exec socat -t${wait} ${listen} SYSTEM:'${onward}'`;
  await runDetached(container, ['bash', '-c', forwarder]);
  await run(untilListening(portOf(id))); // questions that came before it would be refused, not slow
  return restore({ nat: [`:${chain(id)} - [0:0]`, `-A ${chain(id)} ${redirect(id, server)}`, `-I OUTPUT 1 -j ${chain(id)}`] });
};

/** Fails after three seconds. In /proc/net/udp ports are hexadecimal. */
const untilListening = (port: number): string => {
  const listens = `grep -q ':${port.toString(16).toUpperCase().padStart(4, '0')} ' /proc/net/udp`;
  return `for _ in $(seq 300); do ${listens} && break; sleep 0.01; done; ${listens}`;
};

const chain = (id: number): string => `ORDEAL-${id}-NAMES`;

/**
 * Only what is asked of the node's name server: Docker's resolver asks onward from this very namespace. The forwarder's own questions have
 * Toxiproxy's uid.
 */
const redirect = (id: number, server: string): string =>
  `-d ${server} -p udp --dport 53 -m owner ! --uid-owner ${toxiproxyUid} -j REDIRECT --to-ports ${portOf(id)}`;

export const hastenNamesRules = (id: number): string =>
  restore({ nat: [`-D OUTPUT -j ${chain(id)}`, `-F ${chain(id)}`, `-X ${chain(id)}`] });

/** As its own user: root without capabilities may not signal another uid's processes. */
export const endForwarder = (container: Docker.Container, id: number): Promise<void> =>
  runDetached(container, ['bash', '-c', `kill $(cat ${pidFile(id)}); rm ${pidFile(id)}`]);

const pidFile = (id: number): string => `/tmp/names-${id}`;
