/** Writes a run's `report.html`. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../../reports/contract.ts';
import { excerptLogs, logWindows } from '../../reports/html/logs.ts';
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
  const excerpts = excerptLogs(logs, results.startedAt, logWindows(results, history));
  writeFileSync(`${path}.part`, renderReport({ results, history, logs: excerpts }, readTemplate()));
  renameSync(`${path}.part`, path);
  return path;
};
