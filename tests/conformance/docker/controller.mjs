// A controller to be killed: a cluster of containers in the middle of a partition. Prints the run's token when it is in force.
import { docker } from '../../../dist/harness/cluster/docker/docker-cluster.js';
import { within } from '../../../dist/harness/std/deadline.js';

const [runFolder, dockerfile] = process.argv.slice(2);
const system = {
  name: 'echo',
  options: {},
  bugs: {},
  ports: { line: { number: 7000, reachedBy: ['clients', 'peers', 'controller'] } },
  clientPort: 'line',
  container: () => ({ image: { dockerfile }, dataDir: '/data' }),
  ready: { tcp: 'line' },
};
const cluster = docker.create({ system, nodes: ['n1', 'n2', 'n3'], options: {}, bugs: [], runFolder });
await cluster.prepare(within(120_000));
await cluster.start(within(40_000));
await cluster.breakWires(
  [
    { from: 'n1', to: 'n2' },
    { from: 'n2', to: 'n1' },
  ],
  { type: 'drop' },
);
await cluster.pause('n3');
console.log('in force');
setInterval(() => {}, 1000);
