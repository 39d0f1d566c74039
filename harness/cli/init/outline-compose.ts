/** The little that `ordeal init` wants to know of a compose file: its services and where they seem to listen. */
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, UserError } from '../../std/user-error.ts';

export interface ComposeOutline {
  /** Services that look like nodes under test: those that share the image or build of the most services. */
  readonly nodes: readonly string[];
  /** The container port that they publish or expose; undefined where the file does not say. */
  readonly port: number | undefined;
}

const port = z.union([z.number(), z.string(), z.object({ target: z.union([z.number(), z.string()]) })]);
const schema = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      image: z.string().optional(),
      build: z.unknown().optional(),
      ports: z.array(port).optional(),
      expose: z.array(port).optional(),
    }),
  ),
});

type Service = z.infer<typeof schema>['services'][string];

/** Throws a data error that says where the file is wrong. */
export const outlineCompose = (text: string, file: string): ComposeOutline => {
  const services = parseServices(text, file);
  const kinds = new Map<string, string[]>();
  for (const [name, service] of Object.entries(services)) kinds.set(kindOf(service), [...(kinds.get(kindOf(service)) ?? []), name]);
  const nodes = [...kinds.values()].reduce((most, names) => (names.length > most.length ? names : most));
  const ports = nodes.flatMap(name => [...(services[name]!.expose ?? []), ...(services[name]!.ports ?? [])].map(containerPort));
  return { nodes, port: ports.find(number => number !== undefined) };
};

const parseServices = (text: string, file: string): Record<string, Service> => {
  try {
    const { services } = schema.parse(parse(text, { merge: true }));
    if (Object.keys(services).length > 0) return services;
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new UserError('data', 'bad-compose-file', `${file} is no compose file: ${reason}`, { cause });
  }
  throw new UserError('data', 'bad-compose-file', `${file} has no services`);
};

const kindOf = ({ image, build }: Service): string => image ?? JSON.stringify(build ?? '');

/** `8080:80`, `127.0.0.1:8080:80/tcp`, `80`, `{target: 80}`: the last number is the container's. */
const containerPort = (value: z.infer<typeof port>): number | undefined => {
  const said = typeof value === 'object' ? value.target : value;
  const match = /(\d+)(?:-\d+)?(?:\/\w+)?$/.exec(String(said));
  return match ? Number(match[1]) : undefined;
};
