/** `ordeal check`: judges recorded histories, ours or other tools'. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { misfitIn, workloadWith } from '../../../checkers/models/vocabulary.ts';
import type { ReadHistory } from '../../history/builder.ts';
import type { Event, History } from '../../history/event.ts';
import { type CheckOptions, mergeValidity, type Verdict } from '../../protocol/checker.ts';
import { judgeHistory } from '../../run/judge.ts';
import { formatDuration, parseDuration } from '../../std/duration.ts';
import { messageOf, UserError } from '../../std/user-error.ts';
import { readHistory } from '../../store/read-history.ts';
import { loadConfig } from '../config.ts';
import { exitCodeOfError, exitCodeOfVerdict } from '../exit-codes.ts';
import { type Registries, registriesWith, workloadNamed } from '../registries.ts';
import { checkerFor, runDefaults } from '../settings.ts';
import { parseSize } from '../size.ts';
import { withStanding } from '../standing.ts';
import { colours, errorColours } from '../terminal.ts';
import { describeAnomalies } from '../verdict.ts';
import { historiesIn } from './check-inputs.ts';
import { addInsightOptions, describeInsight, type Insight, type InsightFlags, withInsight } from './check-insight.ts';
import { createCheckProgress } from './check-progress.ts';
import { renderTable, whyOf } from './check-table.ts';

interface Flags extends InsightFlags {
  readonly workload?: string;
  readonly model?: string;
  readonly json?: boolean;
  readonly timeLimit: string;
  readonly memoryLimit: string;
  readonly config?: string;
  readonly maxStaleness?: string;
  readonly maxBehind?: string;
}

interface Judged {
  readonly file: string;
  readonly verdict?: Insight;
  readonly error?: UserError;
  /** Reading and checking. */
  readonly seconds: number;
}

interface JudgedHistory extends Omit<Judged, 'seconds'> {
  readonly history?: History;
}

export const addCheckCommand = (program: Command): void => {
  const command = program
    .command('check')
    .description('judge recorded histories: JSONL, Jepsen EDN and console logs, key-value logs, gzipped or not')
    .argument('<files...>', 'history files, run folders, or folders of histories; - reads standard input')
    .option('--workload <NAME>', 'what the operations mean (default: told by the run folder, else by the operations)')
    .option(
      '--model <NAME>',
      'the consistency model or property (default: that of the run folder, else linearizable, else the first that `ordeal list workloads` names)',
    )
    .option('--time-limit <TIME>', 'how long checking one history may take', runDefaults.checkTimeLimit)
    .option('--memory-limit <SIZE>', 'how much memory it may take', runDefaults.memoryLimit)
    .option('--max-staleness <TIME>', 'for --model bounded-staleness: for how long a value may have been overwritten when it is read')
    .option('--max-behind <N>', 'for --model bounded-staleness: by how many writes')
    .option('--config <FILE>', 'a config file that registers more workloads');
  addInsightOptions(command)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  ordeal check history.jsonl --workload register --model linearizable
  ordeal check runs/latest
  ordeal check jepsen/etcd_000.log jepsen/etcd_002.log --json
  ordeal check huge.jsonl.gz --time-limit 10s

Exit codes: 0 valid, 1 violation, 2 unknown, 65 a file is malformed (with line and column)`,
    )
    .action(check);
};

type Limits = Omit<CheckOptions, 'workload'>;

const limitsOf = ({ timeLimit, memoryLimit, maxStaleness, maxBehind }: Flags): Limits => ({
  timeLimitMs: parseDuration(timeLimit, '--time-limit'),
  memoryLimitBytes: parseSize(memoryLimit, '--memory-limit'),
  staleness: {
    ms: maxStaleness === undefined ? undefined : parseDuration(maxStaleness, '--max-staleness'),
    versions: maxBehind === undefined ? undefined : wholeNumber(maxBehind, '--max-behind'),
  },
});

const wholeNumber = (text: string, flag: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UserError('usage', 'bad-number', `${flag} ${text}: not a whole number`, { hint: `say, for instance, ${flag} 3` });
};

const check = async (paths: string[], flags: Flags): Promise<void> => {
  const registries = registriesWith(await loadConfig(flags.config));
  const limits = limitsOf(flags);
  const files = paths.flatMap(historiesIn);
  const judged: Judged[] = [];
  for (const file of files) {
    const began = performance.now();
    const { history, ...one } = await judgeFile(file, flags, registries, limits);
    judged.push({ ...one, seconds: (performance.now() - began) / 1000 });
    if (!flags.json) describe({ ...one, history }, files.length > 1, flags);
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(asJson(judged), null, 2)}\n`);
  else if (judged.length > 1) summarise(judged);
  process.exitCode = exitCodeOf(judged);
};

/** A violation is never hidden by a file that could not be read. */
const exitCodeOf = (judged: readonly Judged[]): number => {
  const valid = mergeValidity(judged.flatMap(({ verdict }) => (verdict ? [verdict.valid] : [])));
  const worst = judged.find(({ error }) => error?.blame === 'data') ?? judged.find(({ error }) => error !== undefined);
  return valid !== false && worst ? exitCodeOfError(worst.error) : exitCodeOfVerdict(valid);
};

const judgeFile = async (file: string, flags: Flags, registries: Registries, limits: Limits): Promise<JudgedHistory> => {
  const progress = createCheckProgress(file);
  try {
    const read = await readHistory(file, progress.reading);
    const { history, warnings } = read;
    progress.checking(history.length);
    const recorded = recordedRun(file);
    const asked = workloadNamed(flags.workload ?? recorded.workload ?? guessWorkload(history));
    const workload = registries.workloads.find(({ name }) => name === asked)?.judgedAs ?? asked;
    const checker = checkerFor(registries, workload, flags.model ?? modelOf(recorded, registries, workload));
    refuseMisfit(read, workload, file);
    const began = performance.now();
    const judged = await judgeHistory(checker, history, { workload, ...limits });
    const verdict = withStanding(judged, history, { ...limits, timeLimitMs: limits.timeLimitMs - (performance.now() - began) });
    const whole = { ...verdict, warnings: [...warnings, ...(verdict.warnings ?? [])] };
    return { file, history, verdict: withInsight(whole, history, flags, { checker, limits }) };
  } catch (error) {
    if (error instanceof UserError) return { file, error };
    throw error;
  } finally {
    progress.done();
  }
};

/** The model of the run, where it judges this workload. */
const modelOf = ({ model }: { readonly model?: string }, registries: Registries, workload: string): string =>
  model !== undefined && registries.checkers.some(checker => checker.model === model && checker.workloads.includes(workload))
    ? model
    : defaultModel(registries, workload);

/** Linearizable, where that means anything for the workload and it does not name others only; else the first model that it names. */
const defaultModel = ({ checkers, workloads }: Registries, workload: string): string => {
  const isLinearizable = checkers.some(({ model, workloads: judged }) => model === 'linearizable' && judged.includes(workload));
  const named = workloads.find(({ name }) => name === workload)?.models ?? ['linearizable'];
  return isLinearizable && named.includes('linearizable') ? 'linearizable' : named[0]!;
};

/** A history of another workload must not pass for one of this. */
const refuseMisfit = ({ history, placeOf }: ReadHistory, workload: string, file: string): void => {
  const misfit = misfitIn(history, workload);
  if (misfit === undefined) return;
  const { index, member, expected, found } = misfit;
  const place = placeOf(index, member);
  throw new UserError(
    'data',
    'malformed-history',
    `${file}:${place ? `${place.line}:${place.column}` : ` event ${index}`}: expected ${expected}, found ${found}`,
    { hint: `--workload says what the operations mean; ${workload} was taken` },
  );
};

/** What the run folder says that was asked and checked, for a history that lies in one. */
const recordedRun = (file: string): { readonly workload?: string; readonly model?: string } => {
  const beside = join(dirname(file), 'run.json');
  if (!existsSync(beside)) return {};
  try {
    const { workload, model } = JSON.parse(readFileSync(beside, 'utf8'));
    return { ...(typeof workload === 'string' && { workload }), ...(typeof model === 'string' && { model }) };
  } catch {
    return {};
  }
};

/** By the operations it holds. */
const guessWorkload = (history: History): string => {
  const client = firstInvocations(history, 1_000);
  const named = new Set(client.map(event => event.f));
  if (named.has('txn')) return guessTransactions(client);
  if (named.has('append') && named.has('read')) return 'append-only-log';
  if (named.has('get') || named.has('put') || named.has('append')) return 'kv';
  if (client.some(({ f, value }) => f === 'write' && typeof value === 'object' && value !== null && !Array.isArray(value)))
    return 'multi-register';
  return workloadWith(named) ?? 'register';
};

const firstInvocations = (history: History, count: number): History => {
  const found: Event[] = [];
  for (const event of history) {
    if (event.process !== 'nemesis' && event.type === 'invoke') found.push(event);
    if (found.length === count) break;
  }
  return found;
};

const guessTransactions = (transactions: History): string => {
  const steps = new Set(
    transactions.flatMap(({ value }) => (Array.isArray(value) ? value.map(step => (Array.isArray(step) ? step[0] : undefined)) : [])),
  );
  return steps.has('append') ? 'list-append' : steps.has('read') || steps.has('write') ? 'multi-register' : 'rw-register';
};

const asJson = (judged: readonly Judged[]): unknown => {
  const results = judged.map(({ verdict, error, file }) => ({ file, ...(verdict ?? { valid: 'unknown', error: messageOf(error) }) }));
  if (results.length === 1) return results[0];
  return { valid: mergeValidity(results.map(result => result.valid as Verdict['valid'])), results };
};

const spoken = (valid: Verdict['valid']): 'valid' | 'violation' | 'unknown' =>
  valid === true ? 'valid' : valid === false ? 'violation' : 'unknown';

const word = (valid: Verdict['valid'], paint = colours): string => {
  const colour = valid === true ? paint.green : valid === false ? paint.red : paint.yellow;
  return colour(spoken(valid));
};

const describe = ({ file, verdict, error, history }: JudgedHistory, brief: boolean, flags: InsightFlags): void => {
  if (error) {
    process.stderr.write(
      `${errorColours.red('error')} ${error.message}\n${error.hint ? `  ${errorColours.dim('→')} ${error.hint}\n` : ''}`,
    );
    return;
  }
  const {
    valid,
    operations,
    keys,
    elapsedMs,
    workload,
    model,
    method,
    unknown,
    anomalies,
    warnings = [],
    measured,
    satisfies,
    violates,
  } = verdict!;
  const how = method ? `, by ${method}` : '';
  const lines = [
    `${word(valid)}  ${file}: ${operations} operations on ${keys} ${keys === 1 ? 'key' : 'keys'} (${workload}, ${model}), checked in ${formatDuration(elapsedMs)}${how}`,
  ];
  if (unknown) lines.push(`  ${unknown}`);
  if (measured)
    lines.push(
      `  measured: ${Object.entries(measured)
        .map(([name, value]) => `${name} ${Number(value.toFixed(3))}`)
        .join(', ')}`,
    );
  if (satisfies)
    lines.push(
      `  satisfies: ${satisfies.join(', ') || 'nothing weaker'}${violates && violates.length > 0 ? `; violates: ${violates.map(one => one.model).join(', ')}` : ''}`,
    );
  for (const warning of warnings) lines.push(`  ${colours.yellow('note')} ${warning}`);
  lines.push(...describeInsight(verdict!, flags, colours));
  lines.push(...describeAnomalies(brief ? anomalies.slice(0, 1) : anomalies, history!));
  process.stdout.write(`${lines.join('\n')}\n`);
};

const summarise = (judged: readonly Judged[]): void => {
  const rows = judged.map(({ file, verdict, error, seconds }) => ({
    file,
    verdict: verdict ? spoken(verdict.valid) : ('not judged' as const),
    operations: verdict?.operations,
    keys: verdict?.keys,
    seconds,
    why: verdict ? whyOf(verdict) : messageOf(error),
  }));
  const count = (wanted: (typeof rows)[number]['verdict']): number => rows.filter(({ verdict }) => verdict === wanted).length;
  const table = renderTable(rows, Math.min(process.stdout.columns ?? 140, 200));
  process.stdout.write(
    `\n${table.join('\n')}\n\n${judged.length} histories: ${count('valid')} valid, ${count('violation')} with a violation, ${count('unknown')} unknown, ${count('not judged')} not judged\n`,
  );
};
