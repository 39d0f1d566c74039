/** Kill and stop: SIGKILL, or SIGTERM with a grace period, and a start with the same data when it is healed. */
import type { Fault } from '../../harness/protocol/fault.ts';
import { assert } from '../../harness/std/assert.ts';
import { nodeFault } from './node-fault.ts';
import { proveStopped, restartAll } from './stopped.ts';

export const kill: Fault = nodeFault<string>({
  kind: 'kill',
  needs: ['kill'],
  summary: 'SIGKILL, then a restart on the same data',
  condition: 'stopped',
  hitsPaused: true,
  breakNode: (node, _params, { cluster }) => cluster.kill(node),
  prove: proveStopped,
  heal: restartAll,
});

export const stop: Fault = nodeFault<string>({
  kind: 'stop',
  needs: ['stop'],
  summary: 'SIGTERM, SIGKILL after a grace period, then a restart on the same data',
  options: { graceMs: { default: 2000, summary: 'how long a node may take to end by itself, in milliseconds' } },
  draw: (_rng, options) => ({ graceMs: Number(options.graceMs) }),
  condition: 'stopped',
  breakNode: (node, { graceMs }, { cluster }) => {
    assert(cluster.stop !== undefined, 'a cluster that claims to stop nodes can');
    return cluster.stop(node, graceMs as number);
  },
  prove: proveStopped,
  heal: restartAll,
});
