/** Each anomaly: why the answers cannot be, the drawing, and the complete set of operations that force it. */
import { useMemo, useState } from 'preact/hooks';
import type { Results } from '../../../contract.ts';
import type { OperationDetail } from '../../../operation-detail.ts';
import { visible } from '../../../operation-label.ts';
import { count, counted } from '../../../units.ts';
import type { Summary } from '../../payload.ts';
import { detailAt, rowsAround } from './detail.ts';
import { Lanes } from './lanes.tsx';
import type { Operations } from './load.ts';
import { OperationsTable } from './operations-table.tsx';
import { linkTo } from './route.ts';
import { Section } from './section.tsx';
import { Term } from './term.tsx';

type Anomaly = Results['checks'][number]['anomalies'][number];

/** Drawn at first; the rest on demand. */
const shownFirst = 3;
/** More bars than this make no picture. */
const mostBars = 150;
const mostAround = 40;

export const Counterexamples = ({ summary, operations }: { summary: Summary; operations: Operations | undefined }) => {
  const found = summary.results.checks.flatMap(({ model, anomalies }, check) =>
    anomalies.map((anomaly, at) => ({ model, anomaly, id: { check, anomaly: at } })),
  );
  const linked = /^#\/anomaly\/(\d+)\/(\d+)$/.exec(location.hash);
  const linkedAt = found.findIndex(({ id }) => id.check === Number(linked?.[1]) && id.anomaly === Number(linked?.[2]));
  const [shown, setShown] = useState(Math.max(shownFirst, linkedAt + 1));
  if (found.length === 0) return null;
  return (
    <Section id="counterexample" title={found.length === 1 ? 'The contradiction' : `${count(found.length)} contradictions`}>
      {found.slice(0, shown).map(({ model, anomaly, id }) => (
        <Counterexample key={`${id.check}/${id.anomaly}`} {...{ summary, operations, model, anomaly, id }} />
      ))}
      {shown < found.length && (
        <button type="button" onClick={() => setShown(shown + 10)}>
          Show {Math.min(10, found.length - shown)} of {count(found.length - shown)} more
        </button>
      )}
    </Section>
  );
};

interface CounterexampleProps {
  summary: Summary;
  operations: Operations | undefined;
  model: string;
  anomaly: Anomaly;
  id: { check: number; anomaly: number };
}

const Counterexample = ({ summary, operations, model, anomaly, id }: CounterexampleProps) => {
  const [around, setAround] = useState(false);
  const accused = useMemo(() => new Set(anomaly.operations), [anomaly]);
  const own = useMemo(
    () => summary.accused.filter(({ index, invokeIndex }) => accused.has(index) || accused.has(invokeIndex)),
    [summary, accused],
  );
  const context = useMemo(() => (around && operations ? contextOf(summary, operations, anomaly, own) : []), [around, operations, own]);
  const all = [...own, ...context].sort((a, b) => a.invokeIndex - b.invokeIndex);
  const where = anomaly.key === undefined ? 'around them' : `on key ${anomaly.key} around them`;
  return (
    <article class="anomaly" id={`anomaly-${id.check}-${id.anomaly}`} tabIndex={-1}>
      <h3>
        <Term word={anomaly.type} />
        {anomaly.key !== undefined && <span class="key">key {String(anomaly.key)}</span>}
        <span class="key">
          against <Term word={model} />
        </span>
        <a class="anchor" href={linkTo({ to: 'anomaly', ...id })} aria-label="Link to this contradiction">
          #
        </a>
      </h3>
      <p class="explanation">
        <Explanation text={visible(anomaly.explanation)} own={own} />
      </p>
      {all.length > 0 && all.length <= mostBars && <Lanes operations={all} accused={new Set(own.map(({ index }) => index))} />}
      {own.length > 0 && (
        <>
          <p class="note">
            {counted(own.length, 'operation')}, one lane per process. The order is true and so is every overlap; distances are not to scale.
            {own.some(({ outcome }) => outcome === 'info') && ' A bar that fades out never got a clear answer.'}{' '}
            <button type="button" class="link" aria-pressed={around} disabled={operations === undefined} onClick={() => setAround(!around)}>
              {around ? `Hide the others (${context.length})` : `Show other operations ${where}`}
            </button>
          </p>
          <OperationsTable operations={all} accused={new Set(own.map(({ index }) => index))} />
        </>
      )}
    </article>
  );
};

/** The nearest other operations: on the same key where the anomaly has one, in the time it spans and a little around. */
const contextOf = (summary: Summary, operations: Operations, anomaly: Anomaly, own: readonly OperationDetail[]): OperationDetail[] => {
  const fromMs = Math.min(...own.map(({ startMs }) => startMs));
  const toMs = Math.max(...own.map(({ startMs, endMs, outcome }) => (outcome === 'info' ? startMs : (endMs ?? startMs))));
  const padMs = Math.max(5, (toMs - fromMs) * 0.1);
  const taken = new Set(own.map(({ invokeIndex }) => invokeIndex));
  const key = anomaly.key === undefined ? undefined : String(anomaly.key);
  return rowsAround(summary, operations, key, fromMs - padMs, toMs + padMs)
    .filter(row => !taken.has(operations.columns.invokeIndex[row]!))
    .slice(-mostAround)
    .map(row => detailAt(summary, operations, row));
};

/** How explanations name operations: by index, or by process and the second of the request. */
const mention = /(\b(?:operation|index|#)\s*\d+|\bprocess \d+(?: on [^\s,()]+)?, \d+\.\d+)/i;

/** Prose in which the operations of the anomaly are links. */
const Explanation = ({ text, own }: { text: string; own: readonly OperationDetail[] }) => (
  <>
    {text.split(mention).map((part, at) => {
      const named = at % 2 === 1 ? own.find(operation => isNamed(operation, part)) : undefined;
      if (named === undefined) return part;
      return (
        <a key={at} href={linkTo({ to: 'operation', index: named.index })}>
          {part}
        </a>
      );
    })}
  </>
);

const isNamed = ({ index, invokeIndex, process, startMs }: OperationDetail, part: string): boolean => {
  const byProcess = /^process (\d+).* (\d+\.(\d+))$/.exec(part);
  if (byProcess === null) return [index, invokeIndex].includes(Number(part.replace(/\D+/, '')));
  const [, number, second, decimals] = byProcess;
  return Number(number) === process && second === (startMs / 1000).toFixed(decimals!.length);
};
