/** The verdict as a short text for the terminal. Pure; colours come in as functions. Nothing that the system said reaches the terminal raw. */
import { detailsOf, drawDetails } from '../harness/history/drawing/draw.ts';
import { visible } from '../harness/history/drawing/operation-label.ts';
import type { History } from '../harness/history/event.ts';
import type { Results } from './contract.ts';
import { effort } from './effort.ts';
import { counted, duration, share } from './units.ts';
import { toneOf, wordStanding, wordVerdict } from './wording.ts';

type Paint = (text: string) => string;

export interface Palette {
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
}

const plain: Palette = { good: text => text, bad: text => text, warn: text => text, bold: text => text, dim: text => text };

export interface TextInput {
  readonly results: Results;
  /** For the drawing of the counterexample; without it there is none. */
  readonly history?: History;
  readonly reportPath?: string;
  readonly palette?: Palette;
  /** Columns of the terminal. */
  readonly columns?: number;
}

const shownAnomalies = 3;

/** Lines without a trailing newline: verdict, anomalies (the three smallest, drawn where they fit), faults, availability, report, command. */
export const renderText = ({ results, history = [], reportPath, palette = plain, columns = 100 }: TextInput): string => {
  const { headline, seen, tested, caveats } = wordVerdict(results);
  const tone = toneOf(results.valid);
  const paint = { valid: palette.good, violated: palette.bad, unknown: palette.warn }[tone];
  const symbol = { valid: '✓', violated: '✕', unknown: '?' }[tone];
  const lines = [
    paint(palette.bold(`${symbol} ${headline}`)),
    `  ${visible(seen)}`,
    `  ${visible(tested)}`,
    ...caveats.map(caveat => `  ${palette.warn(visible(caveat))}`),
    ...renderAnomalies(
      results.checks.flatMap(check => check.anomalies),
      history,
      { palette, columns },
    ),
    '',
    ...factLines(results, reportPath).flatMap(([name, value]) => layOutFact(name, value, { palette, columns })),
  ];
  return lines.join('\n');
};

/** The three anomalies with the fewest operations as lines: what each is, why, and a drawing where it is small. */
export const renderAnomalies = (
  anomalies: Results['checks'][number]['anomalies'],
  history: History,
  { palette = plain, columns = 100 }: Pick<TextInput, 'palette' | 'columns'> = {},
): string[] => {
  if (anomalies.length === 0) return [];
  const shown = [...anomalies].sort((a, b) => effort(a) - effort(b)).slice(0, shownAnomalies);
  const wanted = new Set(shown.flatMap(({ operations }) => operations));
  const accused = detailsOf(history, wanted);
  const lines = shown.flatMap(({ type, key, operations, explanation }) => {
    const own = accused.filter(({ index, invokeIndex }) => operations.includes(index) || operations.includes(invokeIndex));
    const drawing = drawDetails(own, columns - 4);
    const where = key === undefined ? '' : ` on key ${key}`;
    return [
      '',
      `  ${palette.bad(visible(`${type}${where}`))}`,
      ...wrap(visible(explanation), columns - 2),
      ...drawing.map(line => `    ${line}`),
    ];
  });
  const more = anomalies.length - shown.length;
  return more > 0 ? [...lines, '', palette.dim(`  and ${counted(more, 'more anomaly', 'more anomalies')}, in the report`)] : lines;
};

/** A list is broken between its entries; one value (a path, a command) stays whole, so that it can be copied. */
const layOutFact = (
  name: string,
  value: string | readonly string[],
  { palette, columns }: { palette: Palette; columns: number },
): string[] => {
  const lines: string[] = [];
  for (const entry of typeof value === 'string' ? [value] : value) {
    const text = visible(entry);
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length + 3 <= columns - 14) lines[lines.length - 1] = `${last} · ${text}`;
    else lines.push(text);
  }
  return lines.map((line, at) => `  ${palette.dim((at === 0 ? name : '').padEnd(12))}${line}`);
};

type Fact = [name: string, value: string | readonly string[]];

const factLines = (results: Results, reportPath: string | undefined): Fact[] => {
  const kinds = [...new Set(results.faults.map(({ kind }) => kind))].map(kind => {
    const all = results.faults.filter(fault => fault.kind === kind);
    return `${kind} ${all.filter(({ effective }) => effective).length} of ${all.length}`;
  });
  const available = results.availability
    .filter(({ target, operations }) => target !== 'others' && operations > 0)
    .map(({ kind, successRate, firstSuccessMs }) => {
      const back = firstSuccessMs === null ? '' : `, back after ${duration(firstSuccessMs)}`;
      return `${kind === 'none' ? 'no fault' : kind} ${share(successRate ?? 0)}${back}`;
    });
  return [
    ...(kinds.length > 0 ? [['effective', kinds] as Fact] : []),
    ...(available.length > 0 ? [['served', available] as Fact] : []),
    ...results.checks.flatMap(wordStanding).map((standing): Fact => ['standing', standing]),
    ['recovery', results.recoveryMs === null ? 'not seen' : duration(results.recoveryMs)],
    ...(reportPath === undefined ? [] : [['report', reportPath] as Fact]),
    ['again', results.command],
  ];
};

/** Broken at spaces, two columns in; a word longer than the line stays whole. */
const wrap = (text: string, columns: number): string[] => {
  const lines: string[] = [];
  let line = ' ';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > columns && line.trim() !== '') {
      lines.push(line);
      line = ' ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
};
