/** The command line of a node, wherever it lives. */
import type { Options } from '../../harness/protocol/options.ts';
import type { ClockSkew, Endpoint, NodeId } from '../../harness/protocol/system.ts';

export interface ServerPlace {
  readonly id: NodeId;
  readonly nodes: readonly NodeId[];
  readonly options: Options;
  readonly bugs: readonly string[];
  readonly host: string;
  readonly ports: { readonly client: number; readonly peer: number; readonly admin: number };
  peer(to: NodeId): Endpoint;
  readonly data: string;
  readonly eventLog: string;
  /** As its clock is meant to be from the start. */
  readonly clock?: ClockSkew;
}

export function serverFlags({ id, nodes, options, bugs, host, ports, peer, data, eventLog, clock }: ServerPlace): string[] {
  const others = nodes.filter(other => other !== id).map(other => ({ other, at: peer(other) }));
  const flags: [string, unknown][] = [
    ['id', id],
    ['host', host],
    ['client-port', ports.client],
    ['peer-port', ports.peer],
    ['admin-port', ports.admin],
    ['data', data],
    ['event-log', eventLog],
    ['election-timeout-ms', options.electionTimeoutMs],
    ['heartbeat-ms', options.heartbeatMs],
    ['snapshot-every', options.snapshotEvery],
    ['keep-entries', options.keepEntries],
    ['request-timeout-ms', options.requestTimeoutMs],
    ['forward-retry-ms', options.forwardRetryMs],
    ...(clock === undefined
      ? []
      : ([
          ['clock-offset-ms', clock.offsetMs],
          ['clock-rate', clock.rate],
        ] as [string, unknown][])),
    ...others.map(({ other, at }): [string, unknown] => ['peer', `${other}=${at.host}:${at.port}`]),
    ...bugs.map((bug): [string, unknown] => ['bug', bug]),
  ];
  return [...flags.map(([name, value]) => `--${name}=${value}`), ...(options.forward ? [] : ['--no-forward'])];
}
