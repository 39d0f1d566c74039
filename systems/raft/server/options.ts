/** The command line of a node. */
import { parseArgs } from 'node:util';
import { type BugName, bugs, isBugName } from './bugs.ts';
import type { NodeId } from './core/types.ts';
import type { Address } from './net/peers.ts';

export interface Options {
  readonly id: NodeId;
  readonly host: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly adminPort: number;
  readonly peers: ReadonlyMap<NodeId, Address>;
  /** Initial membership; empty for a node that joins. */
  readonly members: readonly NodeId[];
  readonly data: string;
  readonly eventLog: string | null;
  readonly bugs: ReadonlySet<BugName>;
  readonly snapshotEvery: number;
  readonly keepEntries: number;
  readonly electionMinMs: number;
  readonly electionMaxMs: number;
  readonly heartbeatMs: number;
  readonly forward: boolean;
  readonly requestTimeoutMs: number;
  readonly forwardRetryMs: number;
  readonly clockOffsetMs: number;
  readonly clockRate: number;
  readonly seed: number | null;
}

export const usage = `Usage: node main.js --id n1 --data DIR --client-port P --peer-port P --admin-port P --peer n2=HOST:PORT … [options]

  --id ID                     this node's name
  --host HOST                 address to listen on (127.0.0.1)
  --client-port, --peer-port, --admin-port PORT   0 takes a free one; the line on stdout tells
  --peer ID=HOST:PORT         where to dial a peer; once per peer
  --members a,b,c             initial membership (this node and every --peer)
  --join                      begin with no membership, to be added to a running cluster
  --data DIR                  log and snapshots
  --event-log FILE            structured events, JSON lines, appended
  --bug NAME                  switch a bug on; may be repeated: ${Object.keys(bugs).join(', ')}
  --snapshot-every N          entries between snapshots (5000); --keep-entries N behind one (1000)
  --election-timeout-ms A-B   (150-300); --heartbeat-ms N (50)
  --no-forward                answer not-leader instead of asking the leader
  --request-timeout-ms N      deadline of a request that names none (2000); --forward-retry-ms N (500)
  --clock-offset-ms N, --clock-rate X   initial skew (environment: RAFT_CLOCK_OFFSET_MS, RAFT_CLOCK_RATE)
  --seed N                    seed of the election timeouts
`;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Throws UsageError with what was wrong. */
export function parseOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Options {
  const { values } = parse(args);
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const id = required(text('id'), '--id');
  const peers = new Map(((values.peer as string[] | undefined) ?? []).map(parsePeer));
  const [electionMinMs, electionMaxMs] = range(text('election-timeout-ms') ?? '150-300');
  const number = (name: string, fallback: number | null, least: number): number => parseNumber(text(name), `--${name}`, fallback, least);
  const rate = Number(text('clock-rate') ?? env.RAFT_CLOCK_RATE ?? 1);
  if (!(rate > 0)) throw new UsageError(`--clock-rate must be above 0, not ${rate}`);
  return {
    id,
    host: text('host') ?? '127.0.0.1',
    clientPort: number('client-port', 0, 0),
    peerPort: number('peer-port', 0, 0),
    adminPort: number('admin-port', 0, 0),
    peers,
    members: values.join ? [] : (text('members')?.split(',') ?? [id, ...peers.keys()]),
    data: required(text('data'), '--data'),
    eventLog: text('event-log') ?? null,
    bugs: new Set(((values.bug as string[] | undefined) ?? []).map(parseBug)),
    snapshotEvery: number('snapshot-every', 5000, 1),
    keepEntries: number('keep-entries', 1000, 0),
    electionMinMs,
    electionMaxMs,
    heartbeatMs: number('heartbeat-ms', 50, 1),
    forward: !values['no-forward'],
    requestTimeoutMs: number('request-timeout-ms', 2000, 1),
    forwardRetryMs: number('forward-retry-ms', 500, 1),
    clockOffsetMs: Number(text('clock-offset-ms') ?? env.RAFT_CLOCK_OFFSET_MS ?? 0) || 0,
    clockRate: rate,
    seed: text('seed') === undefined ? null : number('seed', null, 0),
  };
}

const one = { type: 'string' } as const;
const many = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;
const spec = {
  id: one,
  host: one,
  'client-port': one,
  'peer-port': one,
  'admin-port': one,
  peer: many,
  members: one,
  join: flag,
  data: one,
  'event-log': one,
  bug: many,
  'snapshot-every': one,
  'keep-entries': one,
  'election-timeout-ms': one,
  'heartbeat-ms': one,
  forward: flag,
  'no-forward': flag,
  'request-timeout-ms': one,
  'forward-retry-ms': one,
  'clock-offset-ms': one,
  'clock-rate': one,
  seed: one,
} as const;

function parse(args: readonly string[]): { values: Record<string, unknown> } {
  try {
    return parseArgs({ args: [...args], options: spec, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function required(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new UsageError(`${name} is missing`);
  return value;
}

function parseNumber(value: string | undefined, name: string, fallback: number | null, least: number): number {
  const number = value === undefined ? fallback : Number(value);
  if (number === null || !Number.isInteger(number) || number < least)
    throw new UsageError(`${name} must be a whole number from ${least}, not ${value}`);
  return number;
}

function range(value: string): [number, number] {
  const [low, high] = value.split('-').map(Number);
  if (!(low! > 0) || !(high! > low!)) throw new UsageError(`--election-timeout-ms must be a range such as 150-300, not ${value}`);
  return [low!, high!];
}

export function parseAddress(value: string): Address {
  const at = value.lastIndexOf(':');
  const port = Number(value.slice(at + 1));
  if (at < 1 || !Number.isInteger(port) || port < 1 || port > 65535) throw new UsageError(`an address is HOST:PORT, not ${value}`);
  return { host: value.slice(0, at), port };
}

function parsePeer(value: string): [NodeId, Address] {
  const at = value.indexOf('=');
  if (at < 1) throw new UsageError(`--peer is ID=HOST:PORT, not ${value}`);
  return [value.slice(0, at), parseAddress(value.slice(at + 1))];
}

function parseBug(name: string): BugName {
  if (!isBugName(name)) throw new UsageError(`there is no bug ${name}; there are ${Object.keys(bugs).join(', ')}`);
  return name;
}
