import type { Results } from '../../../contract.ts';
import { moment } from '../../../units.ts';
import { Section } from './section.tsx';

/** Warnings of the run and nodes that ended by themselves; nothing where there are none. */
export const Troubles = ({ results: { warnings, exits } }: { results: Results }) =>
  warnings.length + exits.length === 0 ? null : (
    <Section id="warnings" title="Warnings">
      <ul class="troubles">
        {exits.map(({ timeMs, node, reason }) => (
          <li key={`${node} ${timeMs}`}>
            <strong>{node}</strong> ended at {moment(timeMs)} although no fault ended it: {reason}
          </li>
        ))}
        {warnings.map(warning => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </Section>
  );
