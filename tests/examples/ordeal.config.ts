import { defineConfig } from 'ordeal';

export default defineConfig({
  run: { system: 'raft', nodes: 3, nemesis: ['partition', 'kill'], timeLimit: '1m', set: { keys: 5 } },
});
