/** Command line flags with the manners of Go's flag package: `-port 0`, `--port=0`, `-proxy-metrics`, `-proxy-metrics=false`. Pure. */
export interface Flags {
  readonly host: string;
  readonly port: number;
  readonly config: string;
  readonly seed: number | undefined;
  readonly runtimeMetrics: boolean;
  readonly proxyMetrics: boolean;
  readonly version: boolean;
  readonly help: boolean;
}

/** A flag that cannot be understood; the message says which, and what was expected. */
export class UsageError extends Error {}

export const USAGE = `Usage of toxiproxy-server:
  -config string
    	JSON file containing proxies to create on startup
  -host string
    	Host for toxiproxy's API to listen on (default "localhost")
  -port string
    	Port for toxiproxy's API to listen on, 0 for a free one (default "8474")
  -proxy-metrics
    	enable toxiproxy-specific prometheus metrics (default "false")
  -runtime-metrics
    	enable runtime-related prometheus metrics (default "false")
  -seed int
    	Seed for randomizing toxics with (default: the time)
  -version
    	print the version (default "false")
`;

const BOOLEANS = ['runtime-metrics', 'proxy-metrics', 'version', 'help', 'h'];
const STRINGS = ['host', 'port', 'config', 'seed'];
const TRUTH: Record<string, boolean> = {
  1: true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  0: false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

/** Throws UsageError. */
export function parseFlags(argv: readonly string[]): Flags {
  const given = new Map<string, string>();
  for (let i = 0; i < argv.length; i++) {
    const match = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(argv[i]!);
    if (match === null) break; // Go stops at the first word that is no flag
    const name = match[1]!;
    if (BOOLEANS.includes(name)) given.set(name, match[2] ?? 'true');
    else if (!STRINGS.includes(name)) throw new UsageError(`flag provided but not defined: -${name}`);
    else if (match[2] === undefined && i + 1 === argv.length) throw new UsageError(`flag needs an argument: -${name}`);
    else given.set(name, match[2] ?? argv[++i]!);
  }
  const truth = (name: string) => readBoolean(name, given.get(name) ?? 'false');
  return {
    host: given.get('host') ?? 'localhost',
    port: readInteger('port', given.get('port') ?? '8474', 0, 65_535),
    config: given.get('config') ?? '',
    seed: given.has('seed') ? readInteger('seed', given.get('seed')!, -(2 ** 63), 2 ** 63) : undefined,
    runtimeMetrics: truth('runtime-metrics'),
    proxyMetrics: truth('proxy-metrics'),
    version: truth('version'),
    help: truth('help') || truth('h'),
  };
}

function readBoolean(name: string, value: string): boolean {
  const truth = TRUTH[value];
  if (truth === undefined) throw new UsageError(`invalid boolean value "${value}" for -${name}: parse error`);
  return truth;
}

function readInteger(name: string, value: string, min: number, max: number): number {
  const number = /^[+-]?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw new UsageError(`invalid value "${value}" for flag -${name}: expected an integer from ${min} to ${max}`);
  return number;
}
