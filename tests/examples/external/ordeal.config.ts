import { defineConfig, defineSystem, hookFault, program } from 'ordeal';

const store = defineSystem({
  name: 'my-store',
  port: 7000,
  connect: program(['python3', '../python-client/client.py']),
  // What the server says, and whether the operation then certainly did not happen. Whatever is not listed counts as unknown.
  errors: {
    'cas-mismatch': { name: 'cas-mismatch', definite: true },
    'no-leader': { name: 'no-leader', definite: true },
    timeout: { name: 'timeout', definite: false },
  },
  workloads: ['register'],
  claims: ['linearizable'],
});

const stop = hookFault({
  kind: 'stop-service',
  summary: 'stops the service on a node, and starts it again',
  ssh: 'root@{host}',
  inject: ['systemctl', 'stop', 'my-store'],
  heal: ['systemctl', 'start', 'my-store'],
  probe: ['sh', '-c', '! systemctl is-active --quiet my-store'],
});

export default defineConfig({
  systems: [store],
  faults: [stop],
  run: {
    system: 'my-store',
    endpoints: { n1: '10.0.0.1:7000', n2: '10.0.0.2:7000', n3: '10.0.0.3:7000' },
    nemesis: ['latency', 'stop-service'],
    timeLimit: '1m',
  },
});
