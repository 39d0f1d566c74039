/** What a compose file says, read from what the compose command itself makes of it: variables, `extends` and profiles are resolved by then. */
import { parse } from 'yaml';

export interface ComposeService {
  readonly name: string;
  readonly replicas: number;
  /** Ports in the container that the file publishes or exposes. */
  readonly ports: readonly number[];
  readonly image: string | undefined;
  readonly built: boolean;
  readonly usesDefaultNetwork: boolean;
}

export interface ComposeFile {
  /** As written; files that are combined must agree on it for old compose commands. */
  readonly version: string | undefined;
  readonly services: readonly ComposeService[];
  /** Names of networks and volumes that the project makes, in the file's words. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

type Yaml = Readonly<Record<string, unknown>>;

/** `resolved` is what `config` prints, `written` the file itself. Throws where it is no YAML. */
export const readComposeFile = (resolved: string, written: string): ComposeFile => {
  const { services, networks, volumes } = mapOf(parse(resolved));
  const { version } = mapOf(parse(written, { version: '1.1' }));
  return {
    version: version === undefined ? undefined : String(version),
    services: Object.entries(mapOf(services)).map(([name, service]) => serviceOf(name, mapOf(service))),
    networks: ownOnes(mapOf(networks)),
    volumes: ownOnes(mapOf(volumes)),
  };
};

const mapOf = (value: unknown): Yaml => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Yaml) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const serviceOf = (name: string, service: Yaml): ComposeService => ({
  name,
  replicas: Number(service.scale ?? mapOf(service.deploy).replicas ?? 1),
  ports: [...new Set([...listOf(service.ports), ...listOf(service.expose)].flatMap(portsOf))],
  image: typeof service.image === 'string' ? service.image : undefined,
  built: service.build !== undefined,
  usesDefaultNetwork: service.networks === undefined && service.network_mode === undefined,
});

/** `8080:80/tcp`, `127.0.0.1:8080:80`, `3000-3002`, `{ target: 80 }`: the numbers in the container. */
export const portsOf = (port: unknown): number[] => {
  const target = typeof port === 'object' && port !== null ? (port as Yaml).target : port;
  const last = String(target).split('/')[0]!.split(':').at(-1)!;
  const [first = Number.NaN, end = first] = last.split('-').map(Number);
  return Number.isInteger(first) && end >= first && end - first < 1000 ? Array.from({ length: end - first + 1 }, (_, i) => first + i) : [];
};

const ownOnes = (things: Yaml): string[] =>
  Object.entries(things)
    .filter(([, thing]) => !mapOf(thing).external)
    .map(([name]) => name);

/** The nodes that a service stands for: itself, or each of its replicas. */
export const nodesOfService = (name: string, replicas: number): string[] =>
  replicas === 1 ? [name] : Array.from({ length: replicas }, (_, i) => `${name}-${i + 1}`);

/**
 * A second file that labels everything of the project, so that it can be found and removed, and gives what is built a name of its own. The
 * file itself stays as it is.
 */
export const overrideOf = (
  file: ComposeFile,
  labels: { all: Readonly<Record<string, string>>; of(node: string): Readonly<Record<string, string>> },
  imageOf: (service: string) => string,
): string => {
  const labelled = { labels: escaped(labels.all) };
  const defaultNetwork = file.services.some(({ usesDefaultNetwork }) => usesDefaultNetwork) ? ['default'] : [];
  const services = file.services.map(({ name, replicas, built, image }) => [
    name,
    {
      labels: escaped(replicas === 1 ? labels.of(name) : labels.all),
      ...(built && image === undefined ? { image: imageOf(name) } : {}),
    },
  ]);
  const all = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, labelled]));
  return JSON.stringify({
    ...(file.version === undefined ? {} : { version: file.version }),
    services: Object.fromEntries(services),
    networks: all([...new Set([...file.networks, ...defaultNetwork])]),
    volumes: all(file.volumes),
  });
};

/** The compose command takes a dollar sign for a variable. */
const escaped = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]));
