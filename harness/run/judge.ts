/** Runs every judge over what a run left. A judge that crashes says `unknown` and hides nobody else's violation. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { History } from '../history/event.ts';
import type { Checker, CheckOptions, Verdict } from '../protocol/checker.ts';
import type { NodeId } from '../protocol/system.ts';
import { messageOf } from '../std/user-error.ts';

export type NodeLogs = ReadonlyMap<NodeId, ReadonlyMap<string, string>>;

export const judgeHistory = (checker: Checker, history: History, options: CheckOptions): Verdict =>
  guarded(options.workload, checker.model, () => checker.check(history, options));

export const judgeLogs = (judge: (logs: NodeLogs) => Verdict, logs: NodeLogs): Verdict => guarded('logs', 'node-logs', () => judge(logs));

const guarded = (workload: string, model: string, check: () => Verdict): Verdict => {
  try {
    return check();
  } catch (error) {
    const unknown = `the checker crashed, which is a bug in it: ${messageOf(error)}`;
    return { valid: 'unknown', workload, model, operations: 0, keys: 0, elapsedMs: 0, anomalies: [], unknown };
  }
};

/** More than this of one file is not read whole; such a file is left out and named. */
const largestLogBytes = 256 * 2 ** 20;

/** The text files of every node's log folder; data folders are not logs. */
export const readNodeLogs = (nodes: readonly NodeId[], folderOf: (node: NodeId) => string): { logs: NodeLogs; warnings: string[] } => {
  const warnings: string[] = [];
  const readFolder = (folder: string): ReadonlyMap<string, string> => {
    const files = existsSync(folder) ? readdirSync(folder).filter(name => statSync(join(folder, name)).isFile()) : [];
    const readable = files.filter(name => {
      const small = statSync(join(folder, name)).size <= largestLogBytes;
      if (!small) warnings.push(`${join(folder, name)} is over 256 MB and was not judged`);
      return small;
    });
    return new Map(readable.map(name => [name, readFileSync(join(folder, name), 'utf8')]));
  };
  return { logs: new Map(nodes.map(node => [node, readFolder(folderOf(node))])), warnings };
};
