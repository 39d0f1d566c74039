// A controller to be killed: starts an echo cluster in the run folder (on the Toxiproxy) that it is given, pauses a node, and waits for its end.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProcessCluster } from '../../../dist/harness/cluster/process/process-cluster.js';

const [runFolder, toxiproxyUrl] = process.argv.slice(2);
const program = fileURLToPath(new URL('./echo-node.mjs', import.meta.url));
const system = {
  name: 'echo',
  ports: { peer: { reachedBy: ['peers'] }, control: { reachedBy: ['controller'] } },
  node: ({ id, listen, dataDir, clock }) => ({
    command: process.execPath,
    args: [program, JSON.stringify({ id, listen, dataDir, clock })],
  }),
  ready: async () => {},
};
const cluster = createProcessCluster({
  system,
  nodes: ['n1', 'n2', 'n3'],
  options: {},
  bugs: [],
  runFolder: join(runFolder),
  toxiproxyUrl,
});
await cluster.start(AbortSignal.timeout(20_000));
await cluster.pause('n2');
console.log('started');
setInterval(() => {}, 1000);
