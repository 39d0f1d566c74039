/** `ordeal run`: start a cluster, drive a workload under faults, check, report. */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { createSchedule } from '../../../nemesis/schedule/create-schedule.ts';
import { printSchedule } from '../../../nemesis/schedule/print-schedule.ts';
import { formatSchedule } from '../../../nemesis/schedule/schedule-file.ts';
import type { Results } from '../../../reports/contract.ts';
import { renderJUnit } from '../../../reports/junit.ts';
import { createGuard } from '../../cluster/guard.ts';
import type { History } from '../../history/event.ts';
import type { Verdict } from '../../protocol/checker.ts';
import type { Schedule } from '../../protocol/fault.ts';
import type { RunPlan } from '../../run/plan.ts';
import { resultsOf } from '../../run/results.ts';
import { createTally, executeRun, type RunOutcome, type Tally } from '../../run/run.ts';
import { createRng } from '../../std/rng.ts';
import { messageOf, UserError } from '../../std/user-error.ts';
import { createRunFolder, type RunFolder } from '../../store/run-folder.ts';
import { repeatCommand } from '../command-line.ts';
import { type LoadedConfig, loadConfig, parseWith, type RunConfig, runConfigSchema } from '../config.ts';
import { endpointsOfFlags } from '../endpoints.ts';
import { exitCodeOfVerdict } from '../exit-codes.ts';
import { catchInterrupts, Interrupted } from '../interrupt.ts';
import { showProgress } from '../progress.ts';
import { registriesWith } from '../registries.ts';
import { writeReport } from '../report.ts';
import { runDefaults, settle } from '../settings.ts';
import { createTerminal, type Terminal } from '../terminal.ts';
import { printVerdict } from '../verdict.ts';
import { version } from '../version.ts';
import { insightOf } from './check-insight.ts';

const collect = (value: string, before: string[] = []): string[] => [...before, value];

export const addRunCommand = (program: Command): void => {
  program
    .command('run')
    .description('start a cluster, drive a workload under faults, check the history, write the report')
    .option('--system <NAME>', `what is put to the test (default: ${runDefaults.system}; see ordeal list systems)`)
    .addOption(
      new Option('--on <WHERE>', 'where nodes live (default: process)').choices(['process', 'docker', 'compose', 'attach', 'external']),
    )
    .option('--compose <FILE>', 'bring this Docker Compose project up, put it on trial, and remove it again')
    .option('--attach <PROJECT>', 'put a Docker Compose project that runs on trial, and leave it as it was')
    .option(
      '--endpoint <NODE=HOST:PORT>',
      'where a node of --on external is; NODE/NAME for a port other than the client port; may be given again',
      collect,
    )
    .option('--nodes <N>', "how many nodes (default: the system's own)")
    .option('--workload <NAME>', "what is asked of it (default: the system's first)")
    .option('--values <KIND>', 'values that writes use: unique, or small for 0-4')
    .option('--model <NAME>', "the consistency model to check (default: the workload's first)")
    .option('--nemesis <LIST>', `faults to inject, all or none (default: ${runDefaults.nemesis.join(',')}; see ordeal list nemeses)`)
    .option('--interval <TIME>', `about one fault every so often (default: ${runDefaults.interval})`)
    .option('--time-limit <TIME>', `time under load (default: ${runDefaults.timeLimit})`)
    .option('--rate <N>', `operations a second, or max for as fast as answers come (default: ${runDefaults.rate})`)
    .option('--concurrency <N>', 'client processes (default: twice the nodes)')
    .option('--seed <N>', 'draws the requests and the faults (default: a new one, printed)')
    .option('--bug <NAME>', 'switch on a known bug of the system; may be given again', collect)
    .option('--set <KEY=VALUE>', 'an option of the system, the workload or a fault (partition.variant=halves); may be given again', collect)
    .option('--log-pattern <REGEX>', "a line of a node's log that is a violation, as panic|fatal; may be given again", collect)
    .option('--toxiproxy <URL>', 'use this Toxiproxy server instead of the embedded one')
    .option('--operation-timeout <TIME>', `after that nobody knows what became of an operation (default: ${runDefaults.operationTimeout})`)
    .option('--start-timeout <TIME>', `how long nodes may take to serve after their start (default: ${runDefaults.startTimeout})`)
    .option(
      '--recovery-timeout <TIME>',
      `how long nodes may take to answer again after the last fault (default: ${runDefaults.recoveryTimeout})`,
    )
    .option('--check-time-limit <TIME>', `how long the checkers may take (default: ${runDefaults.checkTimeLimit})`)
    .option('--check-online', 'judge the history while it grows, and stop the run at the first violation (--model linearizable)')
    .option('--memory-limit <SIZE>', `how much memory the checkers may take (default: ${runDefaults.memoryLimit})`)
    .option('--store <DIR>', `where runs are kept (default: ${runDefaults.store})`)
    .option('--config <FILE>', 'read settings from this file (default: ordeal.config.ts, if there is one)')
    .option('--json', 'print results.json on stdout')
    .option('--junit <FILE>', 'write the verdict as JUnit XML, for CI')
    .option('--verbose', 'more log lines on stderr')
    .addHelpText(
      'after',
      `
Examples:
  ordeal run                                                            the defaults: five Raft nodes, 20 s, five kinds of faults
  ordeal run --bug stale-read --nemesis partition --seed 7 --time-limit 30s
  ordeal run --nemesis kill,clock --interval 5s --time-limit 1m --set kill.target=leader
  ordeal run --nemesis none --rate max --concurrency 50 --json
  ordeal run --toxiproxy http://127.0.0.1:8474                          through a Toxiproxy that runs already`,
    )
    .action(run);
};

type Flags = Record<string, unknown> & { config?: string; json?: boolean; junit?: string; verbose?: boolean };

const run = async ({ config: file, json, junit, verbose, ...flags }: Flags): Promise<void> => {
  if (junit !== undefined) refuseUnwritable(junit, '--junit');
  const config = await loadConfig(file);
  const plan = await settle(mergeFlags(flags, config), registriesWith(config));
  const terminal = createTerminal();
  const startedAt = new Date();
  const folder = createRunFolder({ store: plan.store, system: plan.system.name, workload: plan.workload.name, seed: plan.seed, startedAt });
  const interruption = catchInterrupts(text => terminal.line(text));
  try {
    const results = await perform(plan, folder, startedAt, {
      terminal,
      config: file,
      verbose: verbose === true,
      json: json === true,
      signal: interruption.signal,
    });
    if (junit !== undefined) writeFileSync(junit, renderJUnit([results]));
    if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    process.exitCode = exitCodeOfVerdict(results.valid);
  } catch (error) {
    if (!interruption.signal.aborted) {
      terminal.line(`what was recorded so far: ${folder.path}`);
      throw error;
    }
    throw new Interrupted(
      `interrupted; everything was stopped. What was recorded: ordeal check ${folder.file('history.jsonl')} --workload ${plan.workload.name}`,
    );
  } finally {
    interruption.release();
  }
};

/** Known before the run, not after it. */
const refuseUnwritable = (file: string, flag: string): void => {
  try {
    accessSync(dirname(resolve(file)), constants.W_OK);
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is a folder');
  } catch (cause) {
    throw new UserError('usage', 'not-writable', `${flag} ${file} cannot be written: ${messageOf(cause)}`, { cause });
  }
};

/** Flags win over the file. */
const mergeFlags = (flags: Readonly<Record<string, unknown>>, config: LoadedConfig): RunConfig => {
  const set = Array.isArray(flags.set) ? { set: Object.fromEntries(flags.set.map(pairOf)) } : {};
  const { endpoint, ...others } = flags;
  const endpoints = Array.isArray(endpoint) ? { endpoints: endpointsOfFlags(endpoint) } : {};
  const parsed = parseWith(runConfigSchema, { ...others, ...set, ...endpoints }, 'the command line');
  const { on, compose, attach, ...rest } = config.run ?? {};
  // Where the nodes live is one setting in three words: a flag for it takes the place of whatever the file says.
  const where = (parsed.on ?? parsed.compose ?? parsed.attach) ? {} : { on, compose, attach };
  return { ...rest, ...where, ...parsed, set: { ...rest.set, ...parsed.set } };
};

const pairOf = (text: string): [string, string] => {
  const at = text.indexOf('=');
  return at < 0 ? [text, 'true'] : [text.slice(0, at), text.slice(at + 1)];
};

interface Ui {
  readonly terminal: Terminal;
  readonly config: string | undefined;
  readonly verbose: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

const perform = async (plan: RunPlan, folder: RunFolder, startedAt: Date, ui: Ui): Promise<Results> => {
  const command = repeatCommand(plan, ui.config);
  const versions = { ordeal: version, node: process.version, platform: `${process.platform} ${release()}` };
  const schedule = scheduleOf(plan);
  const asked = describePlan(plan, { command, versions, startedAt });
  folder.writeJson('run.json', asked);
  folder.writeText('schedule.json', formatSchedule(schedule));
  const log = ui.terminal.logger(folder.file('ordeal.log'), ui.verbose ? 'debug' : 'info');
  log.info(
    `seed ${plan.seed}: ${plan.system.name} on ${plan.nodes.length} nodes, ${plan.workload.name}, ${plan.model}${plan.bugs.length > 0 ? `, with bug ${plan.bugs.join(', ')}` : ''}`,
  );
  for (const fault of printSchedule(schedule)) log.debug(fault);
  const tally = createTally();
  const stopProgress = showProgress(ui.terminal, () => readingOf(tally));
  let outcome: RunOutcome;
  const guard = createGuard(folder.path, sentence => log.warn(sentence));
  try {
    const cluster = plan.provider.create({
      system: plan.system,
      nodes: plan.nodes,
      options: plan.systemOptions,
      bugs: plan.bugs,
      runFolder: folder.path,
      toxiproxyUrl: plan.toxiproxyUrl,
      composeFile: plan.composeFile,
      project: plan.project,
      readyTimeoutMs: plan.startTimeoutMs,
      onTrouble: sentence => log.warn(sentence),
    });
    const onStarted = (): void => {
      const described = cluster.describe?.();
      if (described !== undefined) folder.writeJson('run.json', { ...asked, cluster: described });
    };
    outcome = await executeRun(
      plan,
      { folder, cluster, schedule, tally, onStarted, guard: guard.guard, say: text => log.info(text), warn: text => log.warn(text) },
      ui.signal,
    );
  } catch (error) {
    log.debug(`the run ended early: ${messageOf(error)}`);
    throw error;
  } finally {
    for (const sentence of await guard.close()) log.warn(sentence);
    stopProgress();
  }
  const judged = resultsOf(plan, outcome, { startedAt: startedAt.toISOString(), command, versions, folder: folder.path });
  const results: Results = { ...judged, ...worthOf(plan, outcome.history, judged.checks[0]!.valid, text => log.error(text)) };
  const reportPath = tryReport(
    () => writeReport(folder.path, { results, history: outcome.history, logs: outcome.logs }),
    text => log.error(text),
  );
  // The verdict is said before it is stored: a disk that is full by now must not swallow a violation.
  printVerdict(results, outcome.history, { reportPath, json: ui.json });
  folder.writeJson('results.json', results);
  folder.index({
    folder: folder.path,
    startedAt: results.startedAt,
    system: results.system,
    workload: results.workload,
    model: results.model,
    seed: results.seed,
    valid: results.valid,
    operations: results.operations,
  });
  return results;
};

/** The power report of a run may take this long; `ordeal check --power` takes more. */
const powerBudgetMs = 700;

/** What the lint says of the recording, and how much the run could have revealed. That it cannot be said never takes the verdict with it. */
const worthOf = (
  plan: RunPlan,
  history: History,
  valid: Verdict['valid'],
  complain: (text: string) => void,
): Pick<Results, 'lint' | 'power'> => {
  const workload = plan.workload.judgedAs ?? plan.workload.name;
  const limits = { timeLimitMs: plan.checkTimeLimitMs, memoryLimitBytes: plan.memoryLimitBytes };
  try {
    return insightOf(history, plan.checker, { ...limits, workload, valid, budgetMs: powerBudgetMs, seed: plan.seed });
  } catch (error) {
    complain(`what the run is worth could not be measured, which is a bug: ${messageOf(error)}`);
    return {};
  }
};

/** A page that cannot be made never takes the verdict with it. */
const tryReport = (write: () => string, complain: (text: string) => void): string | undefined => {
  try {
    return write();
  } catch (error) {
    complain(`the report could not be written: ${messageOf(error)}; ordeal report builds it again`);
    return undefined;
  }
};

/** Drawn from its own fork, so that nothing else moves it. */
const scheduleOf = (plan: RunPlan): Schedule =>
  createSchedule({
    seed: plan.seed,
    rng: createRng(plan.seed).fork('nemesis'),
    shape: { nodes: plan.nodes, hasRoles: plan.system.roles !== undefined },
    faults: plan.faults,
    options: plan.faultOptions,
    intervalMs: plan.intervalMs,
    timeLimitMs: plan.timeLimitMs,
  });

const readingOf = (tally: Tally) => ({
  phase: tally.phase,
  elapsedMs: tally.elapsedMs(),
  remainingMs: tally.phaseEndsAtMs === undefined ? undefined : tally.phaseEndsAtMs - tally.elapsedMs(),
  ok: tally.ok,
  fail: tally.fail,
  info: tally.info,
  faults: tally.faults,
});

const describePlan = ({ system, provider, workload, checker, faults, ...rest }: RunPlan, more: Readonly<Record<string, unknown>>) => ({
  ...more,
  system: system.name,
  systemVersion: system.version,
  on: provider.name,
  workload: workload.name,
  checker: checker.model,
  nemesis: faults.map(fault => fault.kind),
  ...rest,
});
