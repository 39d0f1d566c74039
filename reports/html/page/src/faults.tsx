import type { Results } from '../../../contract.ts';
import { describeTargets } from '../../../targets.ts';
import { duration, moment } from '../../../units.ts';
import { wordFaults } from '../../../wording.ts';
import { Scroll, Section } from './section.tsx';
import { Term } from './term.tsx';

export const Faults = ({ results }: { results: Results }) => {
  const { faults } = results;
  const words = wordFaults(results);
  return (
    <Section id="faults" title="Faults" note={`${words.charAt(0).toUpperCase()}${words.slice(1)}.`}>
      {faults.length > 0 && (
        <Scroll label="Faults">
          <table>
            <thead>
              <tr>
                <th>kind</th>
                <th>targets</th>
                <th class="number">start</th>
                <th class="number">for</th>
                <th>
                  <Term word="effective">effective</Term>
                </th>
                <th>proof</th>
                <th>healed</th>
              </tr>
            </thead>
            <tbody>
              {faults.map(fault => (
                <tr key={fault.id} id={`fault-${fault.id}`} class={fault.effective ? '' : 'void'}>
                  <td class="prose">
                    <Term word={fault.kind} />
                    <Params params={fault.params} />
                  </td>
                  <td class="prose">{describeTargets(fault.targets)}</td>
                  <td class="number">{moment(fault.startMs)}</td>
                  <td class="number">{duration(fault.endMs - fault.startMs)}</td>
                  <td>
                    <Mark good={fault.effective} />
                  </td>
                  <td class="prose">{fault.proof}</td>
                  <td class="prose">
                    <Mark good={fault.healed} /> {fault.healProof}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Section>
  );
};

const Mark = ({ good }: { good: boolean }) => <span class={good ? 'good' : 'bad'}>{good ? '✓ yes' : '✕ no'}</span>;

/** What else was drawn for it; lists are left out, for the targets say them. */
const Params = ({ params }: { params: Results['faults'][number]['params'] }) => {
  const text = Object.entries(params)
    .filter(([, value]) => typeof value !== 'object')
    .map(([name, value]) => `${name} ${value}`);
  return text.length === 0 ? null : <small>{text.join(', ')}</small>;
};
