/** The answer in ten seconds: what was promised, what was seen, how much stands behind it. */

import { count, duration } from '../../../units.ts';
import { wordVerdict } from '../../../wording.ts';
import type { Summary } from '../../payload.ts';
import { Copy } from './copy.tsx';
import { Term } from './term.tsx';

const symbols = { valid: '✓', violated: '✕', unknown: '?' } as const;

export const Verdict = ({ summary: { results, refused } }: { summary: Summary }) => {
  const { tone, headline, seen, promised, tested, caveats } = wordVerdict(results);
  return (
    <header class={`verdict ${tone}`} id="verdict">
      <p class="eyebrow">
        {results.system} {results.systemVersion}
        {results.bugs.length > 0 && ` with the bug ${results.bugs.join(', ')} switched on`} · {results.workload} ·{' '}
        <time dateTime={results.startedAt}>{humanTime(results.startedAt)}</time>
      </p>
      <h1>
        <span class="mark" aria-hidden="true">
          {symbols[tone]}
        </span>
        {headline}
      </h1>
      <p class="seen">{seen}</p>
      <p>{promised}</p>
      <p>{tested}</p>
      {caveats.length > 0 && (
        <ul class="caveats">
          {caveats.map(caveat => (
            <li key={caveat}>{caveat}</li>
          ))}
        </ul>
      )}
      <Facts results={results} refused={refused} />
      <div class="command">
        <code>{results.command}</code>
        <Copy text={results.command} label="Copy the command that repeats this run" />
      </div>
    </header>
  );
};

const Facts = ({ results, refused }: { results: Summary['results']; refused: number }) => {
  const { ok, fail, info } = results.operations;
  const effective = results.faults.filter(fault => fault.effective).length;
  return (
    <dl class="facts">
      <Fact word="ok" name="ok" value={count(ok)} />
      {refused > 0 && <Fact word="refused" name="refused" value={count(refused)} />}
      <Fact word="fail" name="failed" value={count(fail - refused)} />
      <Fact word="info" name="unknown" value={count(info)} />
      <Fact word="effective" name="faults effective" value={`${effective} of ${results.faults.length}`} />
      <Fact word="recovery" name="recovery" value={results.recoveryMs === null ? 'not seen' : duration(results.recoveryMs)} />
      <Fact word="seed" name="seed" value={String(results.seed)} />
    </dl>
  );
};

const Fact = ({ word, name, value }: { word: string; name: string; value: string }) => (
  <div>
    <dt>
      <Term word={word}>{name}</Term>
    </dt>
    <dd>{value}</dd>
  </div>
);

const humanTime = (iso: string): string => iso.replace('T', ' ').replace(/(:\d\d)\.\d+Z?$|Z$/, '$1 UTC');
