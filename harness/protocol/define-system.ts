/** A system in a few lines: whatever a config of one's own leaves out gets its sensible default; what cannot be guessed is asked for. */
import { UserError } from '../std/user-error.ts';
import type { Client } from './client.ts';
import type { Options } from './options.ts';
import type { Endpoint, PortSpec, System } from './system.ts';

/** All of a system, most of it optional. */
export interface SystemDraft extends Partial<Omit<System, 'ports' | 'name'>> {
  readonly name: string;
  /** The port that clients connect to, where there is no other: short for `ports: { client: … }`. */
  readonly port?: number;
  /** By name; a number alone is a port for clients if it is the client port, for peers otherwise. */
  readonly ports?: Readonly<Record<string, PortSpec | number>>;
  /** Short for `connect`, for a client that only needs to know where. */
  client?(at: Endpoint, options: Options): Promise<Client>;
}

/** Throws a usage error that says which member is missing and shows what it may look like. */
export const defineSystem = (draft: SystemDraft): System => {
  const { name, port, ports: given, client, connect: longhand, ...rest } = draft;
  if (typeof name !== 'string' || !/^[A-Za-z0-9][\w.-]*$/.test(name))
    throw wrong(String(name), 'name', 'a word without spaces, for instance', "name: 'my-store'");
  const clientPort = draft.clientPort ?? (port !== undefined || given === undefined ? 'client' : clientPortOf(given));
  const ports = portsOf(name, clientPort, { ...given, ...(port === undefined ? {} : { [clientPort]: port }) });
  const connect = longhand ?? (client && ((_node, at, options) => client(at, options)));
  if (typeof connect !== 'function')
    throw wrong(name, 'connect', 'how to make a client, for instance', "connect: program(['python3', 'client.py'])");
  return {
    summary: `a system of your own: ${name}`,
    version: 'unknown',
    defaultNodes: rest.services?.length ?? Math.max(1, Object.keys(rest.endpoints ?? { n1: {}, n2: {}, n3: {} }).length),
    options: {},
    bugs: {},
    errors: {},
    workloads: ['register'],
    claims: [],
    ready: { tcp: clientPort },
    ...rest,
    name,
    ports,
    clientPort,
    connect,
  };
};

const clientPortOf = (ports: Readonly<Record<string, PortSpec | number>>): string =>
  Object.entries(ports).find(
    ([name, spec]) => name === 'client' || (typeof spec === 'object' && spec.reachedBy.includes('clients')),
  )?.[0] ??
  Object.keys(ports)[0] ??
  'client';

const portsOf = (
  name: string,
  clientPort: string,
  given: Readonly<Record<string, PortSpec | number>>,
): Readonly<Record<string, PortSpec>> => {
  if (given[clientPort] === undefined)
    throw wrong(name, 'port', 'the number of the port that clients connect to, for instance', 'port: 6379');
  return Object.fromEntries(
    Object.entries(given).map(([port, spec]) => {
      const number = typeof spec === 'number' ? spec : spec.number;
      if (number !== undefined && !(Number.isInteger(number) && number > 0 && number < 65_536))
        throw wrong(name, `ports.${port}`, 'a port number from 1 to 65535, for instance', `ports: { ${port}: 6379 }`);
      return [port, typeof spec === 'number' ? { number: spec, reachedBy: [port === clientPort ? 'clients' : 'peers'] } : spec];
    }),
  );
};

const wrong = (system: string, member: string, expected: string, example: string): UserError =>
  new UserError('usage', 'bad-system', `defineSystem: system ${system} needs ${member}: ${expected} ${example}`, {
    hint: 'docs/external.md and docs/client-protocol.md show whole ones',
  });
