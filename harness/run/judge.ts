/** Runs every judge over what a run left. A judge that crashes says `unknown` and hides nobody else's violation. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { History } from '../history/event.ts';
import type { Checker, CheckOptions, SeenViolation, Verdict } from '../protocol/checker.ts';
import type { NodeId } from '../protocol/system.ts';
import { messageOf } from '../std/user-error.ts';

export type NodeLogs = ReadonlyMap<NodeId, ReadonlyMap<string, string>>;

/** `memoryLimitBytes` is for the whole process here, history included: what is left of it is for the check. */
export const judgeHistory = (checker: Checker, history: History, options: CheckOptions): Promise<Verdict> =>
  guarded(options.workload, checker.model, () => {
    const limited = { ...options, memoryLimitBytes: memoryLeft(options.memoryLimitBytes) };
    return checker.checkOnThreads?.(history, limited) ?? checker.check(history, limited);
  });

export const judgeLogs = (judge: (logs: NodeLogs, history: History) => Verdict, logs: NodeLogs, history: History): Promise<Verdict> =>
  guarded('logs', 'node-logs', () => judge(logs, history));

/** A history that is over the limit by itself leaves the check this share of it: most need no more, and a limit is kept within a tenth. */
const leastShare = 0.05;

export const memoryLeft = (limitBytes: number): number => Math.max(limitBytes - process.memoryUsage.rss(), limitBytes * leastShare);

const guarded = async (workload: string, model: string, check: () => Verdict | Promise<Verdict>): Promise<Verdict> => {
  try {
    return await check();
  } catch (error) {
    const unknown = `the checker crashed, which is a bug in it: ${messageOf(error)}`;
    return { valid: 'unknown', workload, model, operations: 0, keys: 0, elapsedMs: 0, anomalies: [], unknown };
  }
};

/** The verdict, given what was seen while the run went on: a violation of a part is one of the whole, also where that takes too long to judge. */
export const besides = (verdict: Verdict, { key, operations }: SeenViolation): Verdict => {
  if (verdict.valid === false) return verdict;
  if (verdict.valid === true) {
    const unknown = 'a violation was seen while the run went on, but the whole history has none, which is a bug in the checker';
    return { ...verdict, valid: 'unknown', unknown };
  }
  const explanation = `Seen while the run went on; the whole history could not be judged: ${verdict.unknown ?? 'no reason given'}.`;
  return {
    ...verdict,
    valid: false,
    anomalies: [{ type: 'non-linearizable', ...(key !== undefined && { key }), operations, explanation }],
  };
};

/** A larger file is not read: it is left out and named. */
const largestLogBytes = 256 * 2 ** 20;

/** The text files of every node's log folder; data folders are not logs. What cannot be read is left out and named: it must not cost the history its verdict. */
export const readNodeLogs = (nodes: readonly NodeId[], folderOf: (node: NodeId) => string): { logs: NodeLogs; warnings: string[] } => {
  const warnings: string[] = [];
  const readFile = (path: string): string | undefined => {
    try {
      const { size } = statSync(path);
      if (size <= largestLogBytes) return readFileSync(path, 'utf8');
      warnings.push(`${path} is over 256 MB and was not judged`);
    } catch (error) {
      warnings.push(`${path} could not be read and was not judged: ${messageOf(error)}`);
    }
    return undefined;
  };
  const readFolder = (folder: string): ReadonlyMap<string, string> => {
    const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
    const read = entries.filter(entry => entry.isFile()).map(({ name }) => [name, readFile(join(folder, name))] as const);
    return new Map(read.filter((file): file is readonly [string, string] => file[1] !== undefined));
  };
  return { logs: new Map(nodes.map(node => [node, readFolder(folderOf(node))])), warnings };
};
