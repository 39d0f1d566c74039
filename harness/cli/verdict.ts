/** The verdict as text. */
import type { Results } from '../../reports/contract.ts';
import { wordVerdict } from '../../reports/wording.ts';
import type { History } from '../history/event.ts';
import type { Anomaly } from '../protocol/checker.ts';

export const printVerdict = (results: Results, _history: History, report: string): void => {
  const words = wordVerdict(results);
  process.stderr.write(`${words.headline}\n${words.seen}\n${words.tested}\n${report}\n`);
  for (const c of results.checks)
    for (const a of c.anomalies.slice(0, 3)) process.stderr.write(`${a.type} ${a.key ?? ''}: ${a.explanation} ${a.operations}\n`);
  for (const f of results.faults)
    process.stderr.write(
      `${f.kind} ${f.targets.join(' ')} ${f.startMs}-${f.endMs} ${f.effective} ${f.proof} | ${f.healed} ${f.healProof}\n`,
    );
};
export const lanesOf = (_history: History, anomaly: Anomaly): string => JSON.stringify(anomaly.operations);
