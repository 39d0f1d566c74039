/** The public entry of the package: what a config file of one's own needs. */
export type { Client, Completion, Invocation } from './protocol/client.ts';
export type { System } from './protocol/system.ts';
export type { Workload } from './protocol/workload.ts';
