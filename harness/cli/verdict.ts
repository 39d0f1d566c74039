/** Verdicts in the colours of this terminal. */
import type { Results } from '../../reports/contract.ts';
import { type Palette, renderAnomalies, renderText } from '../../reports/text.ts';
import type { History } from '../history/event.ts';
import type { Anomaly } from '../protocol/checker.ts';
import { colours, errorColours } from './terminal.ts';

const paletteOf = (paint: typeof colours): Palette => ({
  good: paint.green,
  bad: paint.red,
  warn: paint.yellow,
  bold: paint.bold,
  dim: paint.dim,
});

const widthOf = (stream: NodeJS.WriteStream): number => Math.min(stream.columns ?? 100, 140);

/** The short text that ends a run; on stderr where stdout belongs to JSON. */
export const printVerdict = (results: Results, history: History, options: { reportPath: string | undefined; json: boolean }): void => {
  const stream = options.json ? process.stderr : process.stdout;
  const palette = paletteOf(options.json ? errorColours : colours);
  stream.write(`\n${renderText({ results, history, reportPath: options.reportPath, palette, columns: widthOf(stream) })}\n`);
};

/** For stdout. */
export const describeAnomalies = (anomalies: readonly Anomaly[], history: History): string[] =>
  renderAnomalies(anomalies as Results['checks'][number]['anomalies'], history, {
    palette: paletteOf(colours),
    columns: widthOf(process.stdout),
  });
