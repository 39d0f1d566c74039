/** All that one run is: pure data and the parts that were chosen for it. */
import type { Checker, Verdict } from '../protocol/checker.ts';
import type { Provider } from '../protocol/cluster.ts';
import type { Fault } from '../protocol/fault.ts';
import type { Options } from '../protocol/options.ts';
import type { NodeId, System } from '../protocol/system.ts';
import type { Workload } from '../protocol/workload.ts';
import type { NodeLogs } from './judge.ts';

export interface RunPlan {
  readonly system: System;
  /** Where its nodes live. */
  readonly provider: Provider;
  readonly workload: Workload;
  readonly model: string;
  readonly checker: Checker;
  readonly faults: readonly Fault[];
  readonly bugs: readonly string[];
  /** Lines of the nodes' logs that are held against the system. */
  readonly logPatterns: readonly RegExp[];
  /** Who looks for them, besides the system's own judge of its logs. */
  readonly judgesOfLogs: readonly ((logs: NodeLogs) => Verdict)[];
  /** Whose warnings are told with every verdict: errors that nobody foresaw. */
  readonly surprises: Checker;
  readonly nodes: readonly NodeId[];
  readonly systemOptions: Options;
  readonly workloadOptions: Options;
  /** By `kind.option`. */
  readonly faultOptions: Options;
  readonly intervalMs: number;
  /** The time under load. */
  readonly timeLimitMs: number;
  readonly operationTimeoutMs: number;
  /** How long a node may take to serve after its start. */
  readonly startTimeoutMs: number;
  readonly recoveryTimeoutMs: number;
  readonly checkTimeLimitMs: number;
  readonly memoryLimitBytes: number;
  /** Judge while the run goes on, and stop it at the first violation. */
  readonly checkOnline: boolean;
  /** Operations a second, open loop; `max` is closed loop. */
  readonly rate: number | 'max';
  readonly concurrency: number;
  readonly seed: number;
  readonly store: string;
  /** A Toxiproxy that is already there; otherwise the embedded one is started. */
  readonly toxiproxyUrl: string | undefined;
  /** `--compose`, absolute. */
  readonly composeFile: string | undefined;
  /** `--attach`. */
  readonly project: string | undefined;
}
