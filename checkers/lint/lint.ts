/**
 * A lint of histories: what in the recording makes a verdict wrong, worth less than it seems, or slow to come by. It never changes a verdict.
 * `finding.ts` lists all that it looks for.
 */
import type { History } from '../../harness/history/event.ts';
import { pairOperations } from '../../harness/history/operation.ts';
import { footprintOf } from '../models/footprint.ts';
import { lintCoverage } from './coverage.ts';
import { type LintFinding, lintRules, overall, type Severity } from './finding.ts';
import { lintOutcomes } from './outcomes.ts';
import { lintRecording } from './recording.ts';
import { lintValues } from './values.ts';

/**
 * Findings, the worst first, then in the order of the rules. At most one per code. O(n) time and memory, and the length of all answers. Never
 * throws; of a workload that it does not know it looks at events and outcomes alone.
 */
export const lintHistory = (history: History, workload: string): readonly LintFinding[] => {
  const operations = pairOperations(history);
  if (operations.length === 0)
    return [...lintRecording(history), overall('no-operations', 'warning', 'No client did anything: any system would have passed.')];
  const footprint = footprintOf(workload);
  const findings = [
    ...lintRecording(history),
    ...lintOutcomes(operations, footprint, workload),
    ...lintValues(operations, footprint, workload),
    ...lintCoverage(history, operations),
  ];
  return findings.sort((a, b) => rank[a.severity] - rank[b.severity] || order.indexOf(a.code) - order.indexOf(b.code));
};

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };
const order = Object.keys(lintRules);
