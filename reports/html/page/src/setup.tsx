import type { Results } from '../../../contract.ts';
import { duration } from '../../../units.ts';
import { Section } from './section.tsx';
import { Term } from './term.tsx';

/** What was tested, in full. */
export const Setup = ({ results }: { results: Results }) => {
  const rows: [string, string, string][] = [
    ['', 'system', `${results.system} ${results.systemVersion}`],
    ['', 'nodes', results.nodes.join(', ')],
    ['workload', 'workload', results.workload],
    ['model', 'model', results.model],
    ['nemesis', 'nemesis', results.nemesis.join(', ') || 'none'],
    ['', 'bugs switched on', results.bugs.join(', ') || 'none'],
    ['seed', 'seed', String(results.seed)],
    ['', 'started', results.startedAt],
    ['', 'took', duration(results.durationMs)],
    ['', 'folder', results.folder],
    ...Object.entries(results.versions).map(([name, version]): [string, string, string] => ['', `${name} version`, version]),
  ];
  return (
    <Section id="setup" title="What was tested">
      <dl class="setup">
        {rows.map(([word, name, value]) => (
          <div key={name}>
            <dt>{word === '' ? name : <Term word={word}>{name}</Term>}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
};
