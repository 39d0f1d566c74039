/** What the verdict is worth: how much this run could have revealed, and what is odd about its recording. */
import type { Results } from '../../../contract.ts';
import { count, counted, share } from '../../../units.ts';
import { Scroll, Section } from './section.tsx';

type PowerReport = NonNullable<Results['power']>;

export const Power = ({ results: { power, lint = [] } }: { results: Results }) => {
  if (power === undefined && lint.length === 0) return null;
  return (
    <Section id="power" title="What this run could have revealed" note={power && coverage(power)}>
      {power?.notInjected && <p class="note">No anomalies were injected: {power.notInjected}.</p>}
      {power && power.kinds.length > 0 && <Kinds kinds={power.kinds} />}
      {power?.advice.map(sentence => (
        <p key={sentence}>{sentence}</p>
      ))}
      {lint.map(({ code, severity, message }) => (
        <p key={code}>
          <span class={severity === 'note' ? 'key' : 'key warn'}>{code}</span> {message}
        </p>
      ))}
    </Section>
  );
};

const Kinds = ({ kinds }: { kinds: PowerReport['kinds'] }) => (
  <Scroll label="Injected anomalies">
    <table>
      <thead>
        <tr>
          <th>injected</th>
          <th>caught</th>
          <th class="number">share</th>
          <th class="number">of</th>
          <th class="number">95 %</th>
          <th>what the faulty system does</th>
        </tr>
      </thead>
      <tbody>
        {kinds
          .filter(({ injected }) => injected > 0)
          .map(({ kind, summary, injected, share: part, low, high }) => (
            <tr key={kind}>
              <td>{kind}</td>
              <td>
                <svg class="power-bar" width={120} height={12} role="img" aria-label={`${share(part)} caught`}>
                  <rect class="power-range" x={low * 120} y={0} width={(high - low) * 120} height={12} />
                  <rect class="power-share" x={0} y={3} width={part * 120} height={6} />
                </svg>
              </td>
              <td class="number">{share(part)}</td>
              <td class="number">{count(injected)}</td>
              <td class="number">
                {Math.round(low * 100)}-{Math.round(high * 100)} %
              </td>
              <td class="prose">{summary}</td>
            </tr>
          ))}
      </tbody>
    </table>
  </Scroll>
);

const coverage = ({ coverage: { concurrencyMean, concurrencyMax, overlapping, written, read } }: PowerReport): string =>
  [
    `${concurrencyMean.toFixed(1)} operations were under way at once on average, ${concurrencyMax} at most; ${share(overlapping)} of them overlapped another on the same key.`,
    ...(written === null || read === null ? [] : [`Of ${counted(written, 'value')} written, ${count(read)} were seen by anybody.`]),
    'Known anomalies were put into the recorded history at random places, and the checker was asked again: the bars say how many it caught.',
  ].join(' ');
