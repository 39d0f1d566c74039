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
  /** Networks and volumes that the project makes, in the file's words. */
  readonly networks: Readonly<Record<string, Yaml>>;
  readonly volumes: Readonly<Record<string, Yaml>>;
}

type Yaml = Readonly<Record<string, unknown>>;

/** `resolved` is what `config` prints, `written` the file itself. Throws where it is no YAML. */
export const readComposeFile = (resolved: string, written: string): ComposeFile => {
  const { services, networks, volumes } = mapOf(parse(resolved));
  const raw = mapOf(parse(written, { merge: true, version: '1.1' }));
  const { version } = raw;
  return {
    version: version === undefined ? undefined : String(version),
    services: Object.entries(mapOf(services)).map(([name, service]) => serviceOf(name, mapOf(service))),
    networks: ownOnes(mapOf(networks), mapOf(raw.networks)),
    volumes: ownOnes(mapOf(volumes), mapOf(raw.volumes)),
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

/** As the file has them: what the command makes of a name that was not given holds the name of another project. */
const ownOnes = (resolved: Yaml, written: Yaml): Record<string, Yaml> =>
  Object.fromEntries(
    Object.entries(resolved)
      .filter(([, thing]) => !mapOf(thing).external)
      .map(([name]) => [name, mapOf(written[name])]),
  );

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
  const defaultNetwork: Readonly<Record<string, Yaml>> = file.services.some(({ usesDefaultNetwork }) => usesDefaultNetwork)
    ? { default: {} }
    : {};
  const services = file.services.map(({ name, replicas, built, image }) => [
    name,
    {
      labels: escaped(replicas === 1 ? labels.of(name) : labels.all),
      ...(built && image === undefined ? { image: imageOf(name) } : {}),
    },
  ]);
  // Old compose commands let a later file replace a network or a volume as a whole: it is said again, with the labels.
  const all = (things: Readonly<Record<string, Yaml>>) =>
    Object.fromEntries(
      Object.entries(things).map(([name, thing]) => [name, { ...thing, labels: { ...labelMap(thing.labels), ...escaped(labels.all) } }]),
    );
  return JSON.stringify({
    ...(file.version === undefined ? {} : { version: file.version }),
    services: Object.fromEntries(services),
    networks: all({ ...defaultNetwork, ...file.networks }),
    volumes: all(file.volumes),
  });
};

/** Labels are a map, or a list of `name=value`. */
const labelMap = (labels: unknown): Yaml =>
  Array.isArray(labels)
    ? Object.fromEntries(labels.map(String).map(label => [label.split('=')[0], label.slice(label.indexOf('=') + 1)]))
    : mapOf(labels);

/** The compose command takes a dollar sign for a variable. */
const escaped = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]));
