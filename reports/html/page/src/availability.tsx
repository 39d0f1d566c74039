import type { AvailabilityRow, Results } from '../../../contract.ts';
import { count, duration, share } from '../../../units.ts';
import { Scroll, Section } from './section.tsx';
import { Term } from './term.tsx';

const targets: Readonly<Record<string, string>> = { all: 'all nodes', faulted: 'nodes it hit', others: 'other nodes' };

export const Availability = ({ results }: { results: Results }) => (
  <Section
    id="availability"
    title="Availability"
    note="What clients got while each kind of fault was in force, and how soon after its end the nodes it hit were back."
  >
    <Scroll label="Availability">
      <table>
        <thead>
          <tr>
            <th>during</th>
            <th>on</th>
            <th class="number">operations</th>
            <th class="number">
              <Term word="success">served</Term>
            </th>
            {['p50', 'p95', 'p99'].map(word => (
              <th class="number" key={word}>
                <Term word={word} />
              </th>
            ))}
            <th class="number">
              <Term word="first success">first success</Term>
            </th>
            <th class="number">
              <Term word="normal latency">normal again</Term>
            </th>
          </tr>
        </thead>
        <tbody>
          {results.availability.map(row => (
            <Row key={`${row.kind} ${row.target}`} row={row} />
          ))}
        </tbody>
      </table>
    </Scroll>
  </Section>
);

const Row = ({ row }: { row: AvailabilityRow }) => {
  const after = (ms: number | null) => (row.target !== 'faulted' ? '' : ms === null ? 'not seen' : `+${duration(ms)}`);
  return (
    <tr>
      <td>
        <Term word={row.kind}>{row.kind === 'none' ? 'no fault' : row.kind}</Term>
      </td>
      <td>{targets[row.target] ?? row.target}</td>
      <td class="number">{count(row.operations)}</td>
      <td class="number">
        {row.successRate === null ? '–' : share(row.successRate)}
        <span class="share" aria-hidden="true">
          <span style={{ width: `${100 * (row.successRate ?? 0)}%` }} />
        </span>
      </td>
      {[row.p50Ms, row.p95Ms, row.p99Ms].map((ms, at) => (
        <td class="number" key={at}>
          {ms === null ? '–' : duration(ms)}
        </td>
      ))}
      <td class="number">{after(row.firstSuccessMs)}</td>
      <td class="number">{after(row.normalLatencyMs)}</td>
    </tr>
  );
};
