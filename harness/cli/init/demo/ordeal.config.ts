import { defineConfig, defineSystem } from 'ordeal';
import { connect } from './client.ts';
import { errors } from './errors.ts';

const store = defineSystem({
  name: 'store',
  // The services of docker-compose.yml that are nodes under test, and where they listen.
  services: ['kv1', 'kv2', 'kv3'],
  ports: { http: { number: 8000, reachedBy: ['clients', 'peers'] } },
  // When a node serves: also { tcp: 'http' }, { log: 'ready' }, { command: ['pg_isready'] }.
  ready: { http: 'http', path: '/health' },
  connect,
  errors,
});

export default defineConfig({
  systems: [store],
  // Any flag of `ordeal run`, by its name.
  run: {
    system: 'store',
    compose: 'docker-compose.yml',
    workload: 'register',
    set: { cas: 0 }, // this store has no compare-and-set
    nemesis: ['partition', 'kill'],
    timeLimit: '20s',
  },
});
