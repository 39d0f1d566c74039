/** Node logs around the violation: all nodes in one sequence, each node can be put aside. */
import { useState } from 'preact/hooks';
import { visible } from '../../../operation-label.ts';
import { moment } from '../../../units.ts';
import type { Summary } from '../../payload.ts';
import { Scroll, Section } from './section.tsx';

export const Logs = ({ summary: { logs } }: { summary: Summary }) => {
  const sources = logs.map(({ node, file }) => `${node} ${file}`);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  if (logs.length === 0) return null;
  const toggle = (source: string) => {
    const next = new Set(hidden);
    if (!next.delete(source)) next.add(source);
    setHidden(next);
  };
  const lines = logs
    .filter((_, at) => !hidden.has(sources[at]!))
    .flatMap(({ node, lines }) => lines.map(({ timeMs, text }, at) => ({ node, timeMs, text, id: `${node} ${at} ${timeMs}` })))
    .sort((a, b) => a.timeMs - b.timeMs);
  const omitted = logs.reduce((sum, excerpt) => sum + excerpt.omitted, 0);
  return (
    <Section
      id="logs"
      title="Node logs around the violation"
      note={`Two seconds before and after, by the time of the run.${omitted > 0 ? ` ${omitted} further lines are in the run folder.` : ''}`}
    >
      <fieldset class="chips">
        <legend class="hidden">Logs to show</legend>
        {sources.map(source => (
          <button type="button" key={source} aria-pressed={!hidden.has(source)} onClick={() => toggle(source)}>
            {source}
          </button>
        ))}
      </fieldset>
      <div class="log-box">
        <Scroll label="Log lines">
          <table class="log">
            <tbody>
              {lines.map(({ id, node, timeMs, text }) => (
                <tr key={id} class={/"level":"(warn|error|fatal)"|\b(WARN|ERROR|FATAL)\b/.test(text) ? 'loud' : ''}>
                  <td class="number">{moment(timeMs)}</td>
                  <td>{node}</td>
                  <td>{visible(text)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </div>
    </Section>
  );
};
