/** Each anomaly: why the answers cannot be, the drawing, and the complete set of operations that force it. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { OperationDetail } from '../../../../harness/history/drawing/operation-detail.ts';
import { visible } from '../../../../harness/history/drawing/operation-label.ts';
import type { Results } from '../../../contract.ts';
import { effort } from '../../../effort.ts';
import { count, counted } from '../../../units.ts';
import type { Summary } from '../../payload.ts';
import { detailAt, rowsAround } from './detail.ts';
import { Lanes } from './lanes.tsx';
import type { Operations } from './load.ts';
import { OperationsTable } from './operations-table.tsx';
import { elementId, linkTo, type Route } from './route.ts';
import { Section } from './section.tsx';
import { Term } from './term.tsx';

type Anomaly = Results['checks'][number]['anomalies'][number];

/** More bars than this make no picture. */
const mostBars = 150;
const mostAround = 40;
const mostFolded = 30;

interface CounterexamplesProps {
  summary: Summary;
  operations: Operations | undefined;
  route: Route | undefined;
}

/** The one with the fewest operations in full, for it is the easiest to read; the others as links that unfold them. */
export const Counterexamples = ({ summary, operations, route }: CounterexamplesProps) => {
  const found = summary.results.checks
    .flatMap(({ model, anomalies }, check) =>
      anomalies.map((anomaly, at) => ({
        model,
        anomaly,
        id: { check, anomaly: at },
        name: elementId({ to: 'anomaly', check, anomaly: at }),
      })),
    )
    .sort((a, b) => effort(a.anomaly) - effort(b.anomaly));
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set(found.slice(0, 1).map(({ name }) => name)));
  const linked = route?.to === 'anomaly' ? elementId(route) : undefined;
  useEffect(() => {
    if (linked !== undefined) setUnfolded(before => new Set([...before, linked]));
  }, [linked]);
  if (found.length === 0) return null;
  const isShown = (name: string): boolean => unfolded.has(name) || name === linked;
  const folded = found.filter(({ name }) => !isShown(name));
  return (
    <Section id="counterexample" title={found.length === 1 ? 'The contradiction' : `${count(found.length)} contradictions`}>
      {found.map(({ name, ...rest }) => isShown(name) && <Counterexample key={name} {...{ summary, operations, ...rest }} />)}
      {folded.length > 0 && (
        <div class="folded">
          Also:{' '}
          {folded.slice(0, mostFolded).map(({ name, id, anomaly }) => (
            <a key={name} href={linkTo({ to: 'anomaly', ...id })} title={anomaly.explanation}>
              {anomaly.type}
              {anomaly.key !== undefined && ` on key ${anomaly.key}`}
            </a>
          ))}{' '}
          {folded.length > mostFolded && `and ${count(folded.length - mostFolded)} more`}
          <button type="button" onClick={() => setUnfolded(new Set(found.slice(0, mostFolded).map(({ name }) => name)))}>
            Show them here
          </button>
        </div>
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
            {own.some(({ outcome }) => outcome === 'info') && ' A bar that fades out never got a clear answer.'}
            {all.some(({ outcome }) => outcome === 'fail') && ' One that is dashed failed for certain (✕).'}{' '}
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

/** How explanations name operations: by index, or by process, perhaps with node and time. */
const mention = /(\b(?:operation|index|#)\s*\d+|\bprocess \d+(?: on [^\s,()]+)?(?:, \d+\.\d+(?:-\d+\.\d+)?(?: s)?)?)/i;

/** Prose in which the operations of the anomaly are links. */
const Explanation = ({ text, own }: { text: string; own: readonly OperationDetail[] }) => (
  <>
    {text.split(mention).map((part, at) => {
      const named = at % 2 === 1 ? own.filter(operation => isNamed(operation, part)) : [];
      if (named.length !== 1) return part;
      return (
        <a key={at} href={linkTo({ to: 'operation', index: named[0]!.index })}>
          {part}
        </a>
      );
    })}
  </>
);

const isNamed = ({ index, invokeIndex, process, startMs }: OperationDetail, part: string): boolean => {
  const byProcess = /^process (\d+)(?:.*?, (\d+\.(\d+)))?/i.exec(part);
  if (byProcess === null) return [index, invokeIndex].includes(Number(part.replace(/\D+/, '')));
  const [, number, second, decimals] = byProcess;
  return Number(number) === process && (second === undefined || second === (startMs / 1000).toFixed(decimals!.length));
};
