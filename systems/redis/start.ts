/** How a node starts: Redis and its Sentinel in one container, from configurations that both rewrite as failovers go by. */
import type { NodeId } from '../../harness/protocol/system.ts';

export const redisPort = 6379;
export const sentinelPort = 26379;

export interface StartOptions {
  readonly id: NodeId;
  readonly nodes: readonly NodeId[];
  /** The name under which the Sentinels watch the primary. */
  readonly watched: string;
  readonly downAfterMs: number;
  readonly failoverTimeoutMs: number;
}

/** The first node is primary at first. Everybody is known by its host name, because addresses may change with a restart. */
export const redisConfig = ({ id, nodes }: StartOptions): string =>
  lines([
    `port ${redisPort}`,
    'protected-mode no',
    'appendonly yes', // written before it is answered, so that a killed process loses nothing by itself
    'appendfsync everysec',
    'save ""',
    `replica-announce-ip ${id}`,
    'repl-diskless-sync-delay 0',
    'repl-ping-replica-period 1',
    'repl-timeout 10',
    ...(id === nodes[0] ? [] : [`replicaof ${nodes[0]} ${redisPort}`]),
  ]);

export const sentinelConfig = ({ id, nodes, watched, downAfterMs, failoverTimeoutMs }: StartOptions): string =>
  lines([
    `port ${sentinelPort}`,
    'protected-mode no',
    'sentinel resolve-hostnames yes',
    'sentinel announce-hostnames yes',
    `sentinel announce-ip ${id}`,
    `sentinel monitor ${watched} ${nodes[0]} ${redisPort} ${Math.floor(nodes.length / 2) + 1}`,
    `sentinel down-after-milliseconds ${watched} ${downAfterMs}`,
    `sentinel failover-timeout ${watched} ${failoverTimeoutMs}`,
    `sentinel parallel-syncs ${watched} ${nodes.length}`,
  ]);

const lines = (given: readonly string[]): string => `${given.join('\n')}\n`;

/**
 * Bash. Configurations are written once, whole or not at all, and from then on they are the servers' own: after a restart a node is what the
 * last failover made it. When one of the two ends, so does the other.
 */
export const startScript = `set -u
cd "$DATA_DIR"
first() { [ -e "$1" ] || { printf '%s' "$2" > "$1.new" && mv "$1.new" "$1"; }; }
first redis.conf "$REDIS_CONF"
first sentinel.conf "$SENTINEL_CONF"
asked=no
stop() { kill -TERM $(jobs -p) 2>/dev/null; }
trap 'asked=yes; stop' TERM INT
redis-server redis.conf &
redis-sentinel sentinel.conf &
wait -n
code=$?
stop
wait
if [ $asked = yes ]; then exit 0; fi
exit $((code == 0 ? 1 : code))
`;
