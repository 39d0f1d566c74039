/** From what a run saw to what it leaves: `results.json`. Pure. */
import { measureAvailability } from '../../reports/availability.ts';
import type { Results } from '../../reports/contract.ts';
import { pairOperations } from '../history/operation.ts';
import { mergeValidity, type Verdict } from '../protocol/checker.ts';
import type { RunPlan } from './plan.ts';
import type { RunOutcome } from './run.ts';

export interface RunMeta {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly folder: string;
}

export const resultsOf = (plan: RunPlan, outcome: RunOutcome, meta: RunMeta): Results => {
  const operations = pairOperations(outcome.history);
  const counts = { ok: 0, fail: 0, info: 0 };
  for (const { type } of operations) counts[type]++;
  const checks = outcome.checks.map(check => (counts.ok === 0 ? overNothing(check) : check));
  const { loadStartMs, loadEndMs, faults } = outcome;
  return {
    version: 1,
    valid: mergeValidity(checks.map(check => check.valid)),
    system: plan.system.name,
    systemVersion: plan.system.version,
    workload: plan.workload.name,
    model: plan.model,
    seed: plan.seed,
    nodes: [...plan.nodes],
    bugs: [...plan.bugs],
    nemesis: plan.faults.map(fault => fault.kind),
    startedAt: meta.startedAt,
    durationMs: outcome.durationMs,
    loadStartMs,
    loadEndMs,
    command: meta.command,
    versions: { ...meta.versions },
    checks: checks as Results['checks'],
    faults: faults as Results['faults'],
    operations: counts,
    recoveryMs: outcome.recoveryMs,
    availability: measureAvailability({ operations, faults: faults as Results['faults'], loadStartMs, loadEndMs, nodes: plan.nodes }),
    leaders: [...outcome.leaders],
    exits: [...outcome.exits],
    warnings: [...outcome.warnings, ...coverageWarnings(plan, outcome, counts.ok)],
    folder: meta.folder,
  };
};

const nothingTested = 'no operation succeeded: this run tested nothing';

/** A green verdict over nothing is none, and whoever reads only this check must see that. */
const overNothing = (check: Verdict): Verdict => (check.valid === true ? { ...check, valid: 'unknown', unknown: nothingTested } : check);

/** What a green verdict does not cover. */
const coverageWarnings = (plan: RunPlan, { faults }: RunOutcome, ok: number): string[] => {
  const missed = faults.filter(fault => !fault.effective);
  const unhealed = faults.filter(fault => !fault.healed);
  return [
    ...(ok === 0 ? [nothingTested] : []),
    ...(missed.length > 0 ? [`${missed.length} of ${faults.length} faults were not seen to take effect and count as no coverage`] : []),
    ...plan.faults.flatMap(({ kind }) => neverEffective(kind, faults) ?? []),
    ...(unhealed.length > 0 ? [`${unhealed.length} of ${faults.length} faults were not proven healed`] : []),
  ];
};

/** Whoever asked for a kind of fault and sees a green verdict believes that the system stood it. */
const neverEffective = (kind: string, faults: RunOutcome['faults']): string | undefined => {
  const tried = faults.filter(fault => fault.kind === kind);
  if (tried.some(fault => fault.effective)) return undefined;
  const why =
    tried.length === 0
      ? 'none came up within the time limit (raise --time-limit or lower --interval)'
      : `${tried.length === 1 ? 'the only one' : `the first of ${tried.length}`} failed to: ${tried[0]!.proof}`;
  return `no ${kind} took effect, so this run says nothing about it: ${why}`;
};
