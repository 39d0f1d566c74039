/** Rows of bars above and below the plots, on the same time axis: faults by kind, and who led. */
import type { Results } from '../../../../contract.ts';
import { describeTargets } from '../../../../targets.ts';
import { duration, moment } from '../../../../units.ts';
import { Term } from '../term.tsx';
import type { Range } from './range.ts';

interface StripProps {
  results: Results;
  range: Range;
  /** Pixels of the plots: the gutter before them and their width. */
  gutter: number;
  width: number;
}

const scale = ({ range, width }: StripProps) => {
  const perSecond = width / (range.to - range.from);
  return (ms: number) => Math.max(-2, Math.min(width + 2, (ms / 1000 - range.from) * perSecond));
};

export const FaultStrip = (props: StripProps) => {
  const { results, gutter, width } = props;
  const kinds = [...new Set(results.faults.map(({ kind }) => kind))];
  const x = scale(props);
  return (
    <div class="strips">
      {kinds.map(kind => (
        <div class="strip" key={kind}>
          <span class="strip-name" style={{ width: `${gutter}px` }}>
            <Term word={kind} />
          </span>
          <svg width={width} height={16} role="img" aria-label={`When ${kind} was in force; the table of faults says the same`}>
            {results.faults
              .filter(fault => fault.kind === kind)
              .map(fault => (
                <rect
                  key={fault.id}
                  class={fault.effective ? 'fault' : 'fault void'}
                  x={x(fault.startMs)}
                  y={3}
                  width={Math.max(1.5, x(fault.endMs) - x(fault.startMs))}
                  height={10}
                  rx={2}
                >
                  <title>
                    {`${kind} on ${describeTargets(fault.targets)}\n${moment(fault.startMs)} for ${duration(fault.endMs - fault.startMs)}\n${
                      fault.effective ? 'took effect' : 'did not take effect'
                    }: ${fault.proof}`}
                  </title>
                </rect>
              ))}
          </svg>
        </div>
      ))}
    </div>
  );
};

export const LeaderStrip = (props: StripProps) => {
  const { results, gutter, width, range } = props;
  const { leaders } = results;
  if (leaders.length === 0) return null;
  const x = scale(props);
  const spans = leaders.map((change, at) => ({ ...change, endMs: leaders[at + 1]?.timeMs ?? range.to * 1000 }));
  return (
    <div class="strips">
      <div class="strip">
        <span class="strip-name" style={{ width: `${gutter}px` }}>
          <Term word="leader" />
        </span>
        <svg width={width} height={18} role="img" aria-label="Who was leader, and when">
          {spans.map(({ timeMs, endMs, leader, term }) => {
            const [start, end] = [x(timeMs), x(endMs)];
            const label = longestFit(leader === null ? [] : [...(term === null ? [] : [`${leader} · term ${term}`]), leader], end - start);
            return (
              <g key={`${timeMs} ${leader}`} class={leader === null ? 'leaderless' : 'led'}>
                <title>{`${leader ?? 'no leader'}${term === null ? '' : `, term ${term}`}, from ${moment(timeMs)} for ${duration(endMs - timeMs)}`}</title>
                <rect x={start} y={1} width={Math.max(1, end - start - 1)} height={16} />
                {label !== undefined && (
                  <text x={start + 4} y={13}>
                    {label}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      </div>
    </div>
  );
};

/** The first of these texts that has room in so many pixels. */
const longestFit = (texts: readonly string[], width: number): string | undefined => texts.find(text => text.length * 6.6 + 8 < width);
