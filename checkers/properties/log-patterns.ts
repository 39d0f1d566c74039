/**
 * Lines that no healthy node writes: panics, failed assertions, corrupt data.
 *
 * Every line of every node's log that a pattern matches is held against the system. Anomaly: `log-pattern`, with the place of the line and no operations; at most ten
 * are told, `matches` counts all. Lines are cut by `\n`; a pattern is looked for in each line by itself. O(bytes × patterns).
 * Source: Jepsen's `log-file-pattern`.
 */
import type { Anomaly, Verdict } from '../../harness/protocol/checker.ts';
import { counted } from './property.ts';

/** The text of each node's log files, by node and by file. */
type NodeLogs = ReadonlyMap<string, ReadonlyMap<string, string>>;

const longestReport = 10;
const longestLine = 300;

export const judgeLogPatterns = (patterns: readonly RegExp[], logs: NodeLogs): Verdict => {
  const began = performance.now();
  const anomalies: Anomaly[] = [];
  const once = patterns.map(pattern => new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, '')));
  let matches = 0;
  let lines = 0;
  for (const [node, files] of logs)
    for (const [file, text] of files) {
      let number = 0;
      for (const line of text.split('\n')) {
        number++;
        const pattern = once.find(one => one.test(line));
        if (pattern === undefined) continue;
        matches++;
        if (anomalies.length < longestReport)
          anomalies.push({
            type: 'log-pattern',
            operations: [],
            explanation: `${node} wrote what ${pattern} forbids, in line ${number} of ${file}: ${line.trim().slice(0, longestLine)}`,
          });
      }
      lines += number;
    }
  const unread = lines === 0 ? `no node left a log in which ${counted(patterns.length, 'pattern')} could be looked for` : undefined;
  return {
    valid: matches > 0 ? false : unread === undefined ? true : 'unknown',
    workload: 'logs',
    model: 'log-patterns',
    operations: 0,
    keys: 0,
    elapsedMs: performance.now() - began,
    anomalies,
    measured: { lines, matches },
    ...(unread !== undefined && { unknown: unread }),
  };
};
