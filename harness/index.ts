/** The public entry of the package: what a config file of one's own needs. */
export { type Config, defineConfig } from './cli/config.ts';
export type { Client, Completion, Invocation } from './protocol/client.ts';
export { type ErrorTable, failed } from './protocol/errors.ts';
export type { Generator, Request } from './protocol/generator.ts';
export type { Endpoint, NodeContext, NodeSpec, System } from './protocol/system.ts';
export type { Workload, WorkloadContext } from './protocol/workload.ts';
