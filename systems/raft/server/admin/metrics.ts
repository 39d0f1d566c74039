/** The Prometheus metrics of a node. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { entryAt, lastIndex } from '../core/log.ts';
import { type RaftState, stamp } from '../core/state.ts';
import type { CoreEvent } from '../core/types.ts';

export interface Metrics {
  onEvent(event: CoreEvent): void;
  observe(operation: 'read' | 'write' | 'cas', seconds: number): void;
  /** The exposition text; the lags are those of this moment. */
  render(state: RaftState): Promise<string>;
  readonly contentType: string;
}

export function newMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const elections = new Counter({
    name: 'leader_elections_total',
    help: 'Elections this node took part in as a candidate.',
    labelNames: ['result'],
    registers,
  });
  const lag = new Gauge({
    name: 'replication_lag_seconds',
    help: 'Age of the oldest entry that a follower is not known to hold; on the leader only.',
    labelNames: ['follower_id'],
    registers,
  });
  const latency = new Histogram({
    name: 'consensus_latency_seconds',
    help: 'From the arrival of a request at the leader to its outcome.',
    labelNames: ['operation_type'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5],
    registers,
  });
  const partitions = new Counter({ name: 'partition_events_total', help: 'Peers lost and found again.', labelNames: ['type'], registers });
  for (const result of ['started', 'won', 'lost']) elections.inc({ result }, 0);
  for (const type of ['detected', 'healed']) partitions.inc({ type }, 0);

  const counts: Record<string, () => void> = {
    election_started: () => elections.inc({ result: 'started' }),
    leader_elected: () => elections.inc({ result: 'won' }),
    election_lost: () => elections.inc({ result: 'lost' }),
    partition_detected: () => partitions.inc({ type: 'detected' }),
    partition_healed: () => partitions.inc({ type: 'healed' }),
  };

  return {
    contentType: registry.contentType,
    onEvent: ({ event }) => counts[event]?.(),
    observe: (operation, seconds) => latency.observe({ operation_type: operation }, seconds),
    render(state) {
      lag.reset();
      for (const [follower, { match }] of state.progress) lag.set({ follower_id: follower }, lagSeconds(state, match));
      return registry.metrics();
    },
  };
}

function lagSeconds(state: RaftState, match: number): number {
  if (match >= lastIndex(state.log)) return 0;
  const oldest = entryAt(state.log, match + 1) ?? state.log.entries[0];
  return oldest ? Math.max(0, stamp(state) - oldest.at) / 1000 : 0;
}
