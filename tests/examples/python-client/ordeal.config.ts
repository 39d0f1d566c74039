/** The reference Raft, put on trial by a client in Python. */
import { join } from 'node:path';
import { defineConfig, program, raft } from 'ordeal';

export default defineConfig({
  systems: [{ ...raft, name: 'raft-python', connect: program(['python3', 'client.py'], { cwd: join(import.meta.dirname) }) }],
  run: { system: 'raft-python', nodes: 3, nemesis: ['partition', 'kill'], interval: '2s', timeLimit: '5s', rate: 100 },
});
