/** The whole run on one time axis: faults, latency, throughput, leaders. Zoomed by drag, wheel, keys or buttons. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { labelOperation } from '../../../../../harness/history/drawing/operation-label.ts';
import { meaningOf } from '../../../../glossary.ts';
import { count, duration, moment } from '../../../../units.ts';
import type { Summary } from '../../../payload.ts';
import type { Operations } from '../load.ts';
import { Section } from '../section.tsx';
import { gutter } from './plots.ts';
import { panned, type Range, whole, zoomed } from './range.ts';
import { FaultStrip, LeaderStrip } from './strips.tsx';
import { type Hover, usePlots } from './use-plots.ts';
import { useWheel } from './wheel.ts';

const outcomeWords = [
  { word: 'ok', name: 'ok', sign: '●' },
  { word: 'fail', name: 'failed', sign: '✕' },
  { word: 'info', name: 'unknown', sign: '△' },
  { word: 'refused', name: 'refused', sign: '+' },
] as const;

export const Timeline = ({ summary, operations }: { summary: Summary; operations: Operations | undefined }) => {
  const all = useMemo(() => extent(summary), [summary]);
  const [range, setRange] = useState<Range>(all);
  const [shown, setShown] = useState<readonly boolean[]>([true, true, true, true]);
  const [hover, setHover] = useState<Hover>();
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const plots = usePlots({ summary, operations, all, box, width, setRange, setHover });
  useWidth(box, setWidth);
  useWheel(
    box,
    (factor, part) => setRange(now => zoomed(all, now, factor, now.from + part * (now.to - now.from))),
    () => whole(all, range),
  );
  useEffect(() => plots.current?.setRange(range), [range, plots.current]);
  useEffect(() => plots.current?.setShown(shown), [shown]);

  const { ok, fail, info } = summary.results.operations;
  const counts = { ok, info, fail: fail - summary.refused, refused: summary.refused };
  const middle = (range.from + range.to) / 2;
  const keys: Readonly<Record<string, () => Range>> = {
    '+': () => zoomed(all, range, 0.5, middle),
    '=': () => zoomed(all, range, 0.5, middle),
    '-': () => zoomed(all, range, 2, middle),
    ArrowLeft: () => panned(all, range, -0.25),
    ArrowRight: () => panned(all, range, 0.25),
    '0': () => all,
    Escape: () => all,
  };
  const press = (event: KeyboardEvent) => {
    const next = event.ctrlKey || event.metaKey ? undefined : keys[event.key];
    if (!next) return;
    event.preventDefault();
    setRange(next());
  };
  const strip = { results: summary.results, range, gutter, width: Math.max(0, width - gutter - 10) };
  return (
    <Section id="timeline" title="Timeline">
      <div class="timeline-head">
        <fieldset class="legend">
          <legend class="hidden">Outcomes to show</legend>
          {outcomeWords.map(
            ({ word, name, sign }, at) =>
              (word !== 'refused' || counts.refused > 0) && (
                <button
                  type="button"
                  key={word}
                  class={word}
                  title={meaningOf(word)}
                  aria-pressed={shown[at]}
                  onClick={() => setShown(shown.map((on, other) => (other === at ? !on : on)))}
                >
                  <span aria-hidden="true">{sign}</span> {name} {count(counts[word])}
                </button>
              ),
          )}
        </fieldset>
        <div class="zoom">
          <output aria-live="polite">
            {moment(range.from * 1000)} – {moment(range.to * 1000)}
          </output>
          <button type="button" aria-label="Earlier" onClick={() => setRange(panned(all, range, -0.5))}>
            ←
          </button>
          <button type="button" aria-label="Later" onClick={() => setRange(panned(all, range, 0.5))}>
            →
          </button>
          <button type="button" aria-label="Zoom in" onClick={() => setRange(zoomed(all, range, 0.5, middle))}>
            +
          </button>
          <button type="button" aria-label="Zoom out" onClick={() => setRange(zoomed(all, range, 2, middle))}>
            −
          </button>
          <button type="button" aria-label="Whole run" disabled={whole(all, range)} onClick={() => setRange(all)}>
            All
          </button>
        </div>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a group of drawings, not of form fields */}
      <div
        class="timeline"
        ref={box}
        role="group"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the plots are zoomed by keys too
        tabIndex={0}
        onKeyDown={press}
        aria-label={ariaLabel}
        data-from={range.from}
        data-to={range.to}
      >
        {width > 0 && <FaultStrip {...strip} />}
        <p class="plot-title" style={{ paddingLeft: `${gutter}px` }}>
          latency, by the time of the request
        </p>
        <div class="plot latency" />
        <p class="plot-title" style={{ paddingLeft: `${gutter}px` }}>
          completions per second
        </p>
        <div class="plot throughput" />
        {width > 0 && <LeaderStrip {...strip} />}
        {hover && <Hint {...hover} width={width} />}
      </div>
      <p class="note">
        Drag to zoom, wheel or + and − for more or less, double click for the whole run; click a point for its operation. Shaded: a fault in
        force; hatched: one that did not take effect; dashed lines: where the load began and ended.{sampleNote(summary)}
      </p>
    </Section>
  );
};

const ariaLabel = 'Latency and throughput over the run. Plus and minus zoom, arrows move, 0 shows the whole run.';

const sampleNote = ({ kept, operations }: Summary): string =>
  kept === operations ? '' : ` The points are a sample of ${count(kept)} of ${count(operations)} operations; throughput counts all.`;

const extent = ({ results, throughput }: Summary): Range => ({
  from: 0,
  to: Math.max(0.01, results.durationMs / 1000, (throughput.ok.length * throughput.binMs) / 1000),
});

const Hint = ({ operation, left, top, width }: Hover & { width: number }) => (
  <div class="hint" style={{ left: `${Math.min(left + 14, Math.max(0, width - 240))}px`, top: `${top + 18}px` }}>
    <strong>{labelOperation(operation, 40)}</strong>
    <span class={`outcome ${operation.outcome}`}>{operation.outcome}</span>{' '}
    {operation.endMs === null ? 'never answered' : `after ${duration(operation.endMs - operation.startMs)}`}
    <small>
      {moment(operation.startMs)} · process {operation.process}
      {operation.node === undefined ? '' : ` · ${operation.node}`} · #{operation.index}
    </small>
    {operation.error !== undefined && <small>{operation.error.slice(0, 120)}</small>}
  </div>
);

const useWidth = (box: { readonly current: HTMLDivElement | null }, setWidth: (width: number) => void): void => {
  useEffect(() => {
    const element = box.current!;
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)));
    observer.observe(element);
    setWidth(Math.floor(element.clientWidth));
    return () => observer.disconnect();
  }, []);
};
