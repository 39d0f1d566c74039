/** Node logs around the violation: all nodes in one sequence, with the moment of the violation; each file can be put aside. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { visible } from '../../../../harness/history/drawing/operation-label.ts';
import { moment } from '../../../units.ts';
import type { Summary } from '../../payload.ts';
import { contradictions } from './detail.ts';
import { linkTo } from './route.ts';
import { Scroll, Section } from './section.tsx';

export const Logs = ({ summary }: { summary: Summary }) => {
  const { logs } = summary;
  const sources = logs.map(({ node, file }) => `${node} ${file}`);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const lines = useMemo(() => linesOf(summary, hidden), [summary, hidden]);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const row = box.current?.querySelector<HTMLElement>('.moment');
    const scroll = box.current?.querySelector('.scroll');
    if (row && scroll) scroll.scrollTop = row.offsetTop - scroll.clientHeight / 2;
  }, []);
  if (logs.length === 0) return null;
  const toggle = (source: string) => {
    const next = new Set(hidden);
    if (!next.delete(source)) next.add(source);
    setHidden(next);
  };
  const omitted = logs.reduce((sum, excerpt) => sum + excerpt.omitted, 0);
  const more = omitted === 0 ? '' : ` ${omitted} lines of frequent kinds were left out; the run folder has them all.`;
  return (
    <Section id="logs" title="Node logs around the violation" note={`Two seconds before and after, by the time of the run.${more}`}>
      <fieldset class="chips">
        <legend class="hidden">Logs to show</legend>
        {sources.map(source => (
          <button type="button" key={source} aria-pressed={!hidden.has(source)} onClick={() => toggle(source)}>
            {source}
          </button>
        ))}
      </fieldset>
      <div class="log-box" ref={box}>
        <Scroll label="Log lines">
          <table class="log">
            <tbody>
              {lines.map(line =>
                'index' in line ? (
                  <tr key={line.id} class="moment">
                    <td class="number">{moment(line.timeMs)}</td>
                    <td />
                    <td>
                      <a href={linkTo({ to: 'operation', index: line.index })}>operation {line.index}</a>, which contradicts the others, was
                      asked
                    </td>
                  </tr>
                ) : (
                  <LogRow key={line.id} {...line} />
                ),
              )}
            </tbody>
          </table>
        </Scroll>
      </div>
    </Section>
  );
};

interface Line {
  readonly id: string;
  readonly timeMs: number;
  readonly node: string;
  readonly text: string;
}

const linesOf = (summary: Summary, hidden: ReadonlySet<string>): (Line | { id: string; timeMs: number; index: number })[] => {
  const lines = summary.logs
    .filter(({ node, file }) => !hidden.has(`${node} ${file}`))
    .flatMap(({ node, file, lines }) => lines.map(({ timeMs, text }, at) => ({ id: `${node} ${file} ${at}`, node, timeMs, text })));
  const moments = contradictions(summary)
    .slice(0, 3)
    .map(({ index, startMs }) => ({ id: `moment ${index}`, timeMs: startMs, index }));
  return [...lines, ...moments].sort((a, b) => a.timeMs - b.timeMs);
};

const LogRow = ({ timeMs, node, text }: Line) => {
  const { loud, words } = readLine(text);
  return (
    <tr class={loud ? 'loud' : ''}>
      <td class="number">{moment(timeMs)}</td>
      <td>{node}</td>
      <td title={text}>{visible(words)}</td>
    </tr>
  );
};

/** An event-log line as `event term=3 name=value …`; any other as it is. */
const readLine = (text: string): { loud: boolean; words: string } => {
  const loud = /"level":"(warn|error|fatal)"|\b(WARN|WARNING|ERROR|FATAL|PANIC)\b/.test(text);
  const parsed = parse(text);
  if (typeof parsed?.event !== 'string') return { loud, words: text };
  const { event, term, context } = parsed;
  const rest = Object.entries({ term, ...(typeof context === 'object' ? context : {}) })
    .filter(([name, value]) => name !== 'monotonic_ns' && value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return { loud, words: [event, ...rest].join(' ') };
};

const parse = (text: string): Record<string, unknown> | undefined => {
  try {
    return text.startsWith('{') ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
};
