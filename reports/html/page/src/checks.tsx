import type { Results } from '../../../contract.ts';
import { count, duration } from '../../../units.ts';
import { toneOf, wordStanding } from '../../../wording.ts';
import { Scroll, Section } from './section.tsx';
import { Term } from './term.tsx';

const verdicts = { valid: '✓ held', violated: '✕ broken', unknown: '? undecided' } as const;
const colours = { valid: 'good', violated: 'bad', unknown: 'warn' } as const;

export const Checks = ({ results }: { results: Results }) => (
  <Section id="checks" title="Checks">
    <Scroll label="Checks">
      <table>
        <thead>
          <tr>
            <th>
              <Term word="model" />
            </th>
            <th>
              <Term word="workload" />
            </th>
            <th>verdict</th>
            <th class="number">operations</th>
            <th class="number">
              <Term word="key">keys</Term>
            </th>
            <th class="number">took</th>
            <th>remarks</th>
          </tr>
        </thead>
        <tbody>
          {results.checks.map(check => (
            <tr key={`${check.workload} ${check.model}`}>
              <td>
                <Term word={check.model} />
              </td>
              <td>{check.workload}</td>
              <td class={colours[toneOf(check.valid)]}>{verdicts[toneOf(check.valid)]}</td>
              <td class="number">{count(check.operations)}</td>
              <td class="number">{count(check.keys)}</td>
              <td class="number">{duration(check.elapsedMs)}</td>
              <td class="prose">{remarks(check)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </Section>
);

const remarks = (check: Results['checks'][number]): string => {
  const { anomalies, method, unknown, warnings = [] } = check;
  return [
    ...(anomalies.length > 0 ? [`${anomalies.length} ${anomalies.length === 1 ? 'anomaly' : 'anomalies'}`] : []),
    ...(unknown === undefined ? [] : [unknown]),
    ...wordStanding(check),
    ...(method === undefined ? [] : [`decided by ${method}`]),
    ...warnings,
  ].join('; ');
};
