/** The reference Raft, put on trial by a client in Go. Build it first: `go build -o client .` */
import { join } from 'node:path';
import { defineConfig, program, raft } from 'ordeal';

const client = process.env.GO_CLIENT ?? join(import.meta.dirname, 'client');

export default defineConfig({
  systems: [{ ...raft, name: 'raft-go', connect: program([client], { multiplexed: true }) }],
  run: { system: 'raft-go', nodes: 3, nemesis: ['partition', 'kill'], interval: '2s', timeLimit: '5s', rate: 100 },
});
