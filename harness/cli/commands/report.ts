/** `ordeal report`: builds a stored run's page again, from what its folder holds. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Results, resultsSchema } from '../../../reports/contract.ts';
import { readNodeLogs } from '../../run/judge.ts';
import { messageOf, UserError } from '../../std/user-error.ts';
import { readHistory } from '../../store/read-history.ts';
import { writeReport } from '../report.ts';

export const addReportCommand = (program: Command): void => {
  program
    .command('report')
    .description("build a run's report.html again from its folder")
    .argument('[folder]', 'a run folder', 'runs/latest')
    .addHelpText('after', '\nExamples:\n  ordeal report\n  ordeal report runs/raft-register/20261124T120000000Z-7')
    .action(async (folder: string) => {
      const results = readResults(folder);
      const { history } = await readHistory(join(folder, 'history.jsonl'));
      const { logs } = readNodeLogs(results.nodes, node => join(folder, 'nodes', node));
      process.stdout.write(`${resolve(writeReport(folder, { results, history, logs }))}\n`);
    });
};

const readResults = (folder: string): Results => {
  const path = join(folder, 'results.json');
  if (!existsSync(path)) {
    throw new UserError('usage', 'no-results', `${path}: no such file`, {
      hint: `a run that ended early has no results; its history can be judged: ordeal check ${join(folder, 'history.jsonl')}`,
    });
  }
  const parsed = resultsSchema.safeParse(parseJson(path));
  if (parsed.success) return parsed.data;
  throw new UserError('data', 'malformed-results', `${path} is not what a run writes:\n${z.prettifyError(parsed.error)}`);
};

const parseJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new UserError('data', 'malformed-results', `${path} is not JSON: ${messageOf(cause)}`, { cause });
  }
};
