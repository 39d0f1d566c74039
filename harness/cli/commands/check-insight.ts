/** What `ordeal check` says besides the verdict: whether the recording can be trusted (`--lint`), and what it could have revealed (`--power`). */
import type { Command } from 'commander';
import type { LintFinding } from '../../../checkers/lint/finding.ts';
import { lintHistory } from '../../../checkers/lint/lint.ts';
import { measurePower, type Power, type PowerOptions } from '../../../checkers/power/power.ts';
import type { Results } from '../../../reports/contract.ts';
import { powerLines } from '../../../reports/power.ts';
import type { History } from '../../history/event.ts';
import type { Checker, CheckOptions, Verdict } from '../../protocol/checker.ts';
import { parseDuration } from '../../std/duration.ts';
import type { colours } from '../terminal.ts';

export interface InsightFlags {
  readonly lint?: boolean;
  readonly strict?: boolean;
  readonly power?: boolean | string;
}

/** A verdict with what is known of the history's worth. */
export interface Insight extends Verdict {
  readonly lint?: readonly LintFinding[];
  readonly power?: Power;
}

export const addInsightOptions = (command: Command): Command =>
  command
    .option('--lint', 'say all that is odd about the recording itself; without it only what makes the verdict doubtful')
    .option('--strict', 'a valid history with a warning of the lint is unknown: exit code 2')
    .option(
      '--power [TIME]',
      'say how much the history could have revealed: inject known anomalies for so long, and count those that are caught',
    );

/** Longer histories are linted if asked: it takes a second per million operations or so. */
const longestUnasked = 200_000;

/** What the reader of the file says anyway. */
const saidByReader: ReadonlySet<string> = new Set(['time-backwards', 'process-reused']);

export interface Judge {
  readonly checker: Checker;
  readonly limits: Omit<CheckOptions, 'workload'>;
}

export const withInsight = (verdict: Verdict, history: History, flags: InsightFlags, judge: Judge): Insight => ({
  ...linted(verdict, history, flags),
  ...(flags.power !== undefined && flags.power !== false && { power: powerOf(verdict, history, flags.power, judge) }),
});

/** For the results of a run: everything, unless the history is too long for that. */
export const insightOf = (history: History, checker: Checker, options: PowerOptions): Pick<Results, 'lint' | 'power'> => {
  if (history.length > longestUnasked) return {};
  const [lint, power] = [lintHistory(history, options.workload), measurePower(history, checker, options)];
  return { lint, power } as unknown as Pick<Results, 'lint' | 'power'>;
};

const defaultBudgetMs = 5000;

const powerOf = ({ valid, workload }: Verdict, history: History, time: true | string, { checker, limits }: Judge): Power =>
  measurePower(history, checker, {
    ...limits,
    workload,
    valid,
    budgetMs: time === true ? defaultBudgetMs : parseDuration(time, '--power'),
  });

const linted = (verdict: Verdict, history: History, { lint = false, strict = false }: InsightFlags): Insight => {
  if (!lint && !strict && history.length > longestUnasked) return verdict;
  const found = lintHistory(history, verdict.workload);
  const doubts = found.filter(({ severity }) => severity !== 'note');
  const told = lint ? found : doubts.filter(({ code }) => strict || !saidByReader.has(code));
  const refused = strict && verdict.valid === true && doubts.length > 0;
  return {
    ...verdict,
    ...(refused && { valid: 'unknown', unknown: `--strict: the recording is in doubt: ${doubts.map(({ code }) => code).join(', ')}` }),
    ...((lint || told.length > 0) && { lint: told }),
  };
};

export const describeInsight = ({ lint = [], power }: Insight, flags: InsightFlags, paint: typeof colours): readonly string[] => [
  ...lint.map(finding => `  ${markOf(finding, paint)} ${finding.code}: ${finding.message}${named(finding)}`),
  ...(power === undefined ? [] : powerLines(power).map(line => `  ${line}`)),
  ...(flags.lint && lint.length === 0 ? [`  ${paint.green('lint')} nothing odd about the recording`] : []),
];

const markOf = ({ severity }: LintFinding, paint: typeof colours): string =>
  severity === 'error' ? paint.red('lint error') : severity === 'warning' ? paint.yellow('lint') : paint.dim('lint note');

const named = ({ operations, count }: LintFinding): string =>
  operations.length === 0
    ? ''
    : ` (${operations.length === 1 ? 'operation' : 'operations'} ${operations.join(', ')}${count > operations.length ? ', …' : ''})`;
