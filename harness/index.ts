/** The public entry of the package: what a config file of one's own needs. */

export type { Call, Model } from '../checkers/linearizable/model.ts';
export { type Hook, type HookContext, type HookFaultSpec, hookFault } from '../nemesis/hooks/hook-fault.ts';
export { raft } from '../systems/raft/system.ts';
export { type Config, defineConfig } from './cli/config.ts';
export { type ClientProgramOptions, program } from './client-program/program.ts';
export type { Client, Completion, ConnectContext, Invocation } from './protocol/client.ts';
export type { ContainerContext, ContainerSpec, ImageSource } from './protocol/container.ts';
export { defineSystem, type SystemDraft } from './protocol/define-system.ts';
export { type ErrorTable, failed } from './protocol/errors.ts';
export type { Fault } from './protocol/fault.ts';
export type { Generator, Request } from './protocol/generator.ts';
export type { Control, Endpoint, NodeContext, NodeSpec, PortSpec, Ready, Roles, System } from './protocol/system.ts';
export type { Workload, WorkloadContext } from './protocol/workload.ts';
