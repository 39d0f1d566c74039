/** Writes a run's `report.html`. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../../reports/contract.ts';
import { excerptLogs, type LogWindow } from '../../reports/html/logs.ts';
import { renderReport } from '../../reports/html/render.ts';
import { readTemplate } from '../../reports/html/template.ts';
import type { History } from '../history/event.ts';
import type { NodeLogs } from '../run/judge.ts';

export interface ReportInput {
  readonly results: Results;
  readonly history: History;
  readonly logs: NodeLogs;
}

/** Resolves to the path of the page. */
export const writeReport = (folder: string, { results, history, logs }: ReportInput): string => {
  const path = join(folder, 'report.html');
  const excerpts = excerptLogs(logs, results.startedAt, windowsAround(results, history));
  writeFileSync(`${path}.part`, renderReport({ results, history, logs: excerpts }, readTemplate()));
  renameSync(`${path}.part`, path);
  return path;
};

const marginMs = 2_000;
const mostWindows = 5;

/** From two seconds before each violation's first event to two after its last. */
const windowsAround = ({ checks }: Results, history: History): LogWindow[] =>
  checks
    .flatMap(check => check.anomalies)
    .filter(anomaly => anomaly.operations.length > 0)
    .slice(0, mostWindows)
    .map(anomaly => {
      const times = anomaly.operations.map(index => (history[index]?.time ?? 0) / 1e6);
      return { fromMs: Math.min(...times) - marginMs, toMs: Math.max(...times) + marginMs };
    });
