/** Which services of a project are its nodes: those the system names, or those that listen on the port its clients use. */
import type { System } from '../../../protocol/system.ts';
import { UserError } from '../../../std/user-error.ts';

export interface Service {
  readonly name: string;
  readonly ports: readonly number[];
}

/** In the order in which the system, or the project, names them. Throws a usage error where there is none. */
export const nodeServices = <T extends Service>(system: System, services: readonly T[], where: string): readonly T[] => {
  if (system.services !== undefined) return system.services.map(name => known(services, name, where));
  const port = clientPortOf(system);
  const listening = services.filter(({ ports }) => ports.includes(port));
  if (listening.length > 0) return listening;
  if (services.length === 1) return services;
  throw new UserError('usage', 'no-nodes', `no service of ${where} says that it listens on port ${port}, which ${system.name} uses`, {
    hint: `name the nodes in the system: \`services: ['…']\`; there is ${listed(services)}`,
  });
};

export const clientPortOf = (system: System): number => {
  const port = system.ports[system.clientPort]?.number;
  if (port !== undefined) return port;
  throw new UserError('usage', 'no-port-number', `${system.name} does not say which number its port ${system.clientPort} has`, {
    hint: 'say it in the system: `ports: { client: { number: 6379, … } }`',
  });
};

const known = <T extends Service>(services: readonly T[], name: string, where: string): T => {
  const found = services.find(service => service.name === name);
  if (found !== undefined) return found;
  throw new UserError('usage', 'no-such-service', `${where} has no service ${name}`, { hint: `there is ${listed(services)}` });
};

const listed = (services: readonly Service[]): string => services.map(({ name }) => name).join(', ') || 'none';
